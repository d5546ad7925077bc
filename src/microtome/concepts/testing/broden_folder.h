// SPDX-License-Identifier: Apache-2.0
// For the tests of this room: a small set in Broden's layout with every oddity of the format, written by hand.
#pragma once
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "microtome/base/file.h"
#include "microtome/image/codec.h"

namespace microtome {

// A folder of its own that goes away with the object.
class BrodenFolder {
 public:
  // Columns in an unusual order, quoted names, a label above 255, a mixed cell, several masks in one cell, label 0 of a
  // whole image, empty cells, a label without category. Four pictures of 8 x 6 with label grids of 4 x 3 (12 pixels).
  // The tables are true.
  explicit BrodenFolder(const std::string& name)
      : path_(std::filesystem::temp_directory_path() /
              ("microtome_concepts_" + std::to_string(getpid()) + "_" + name)) {
    std::filesystem::remove_all(path_);
    write_tables();
    const Image picture(8, 6, 3, 77);
    write("images/a/1.png", encode_png(picture));
    write("images/a/2.jpg", encode_jpeg(picture, 95));
    write("images/3.webp", encode_webp(picture, 0));
    write("images/4.png", encode_png(picture));
    write("images/a/1_object_1.png", mask({{4, 3}}));
    write("images/a/1_object_2.png", mask({{0, 6}, {300, 3}}));
    write("images/a/1_color.png", mask({{1, 6}, {2, 6}}));
    write("images/a/2_object.png", mask({{0, 9}, {3, 3}}));
  }
  ~BrodenFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  BrodenFolder(const BrodenFolder&) = delete;
  BrodenFolder& operator=(const BrodenFolder&) = delete;

  struct Run {
    uint16_t label;
    int pixels;
  };
  // Runs of labels in reading order on the 4 x 3 grid; the rest is 0.
  static std::string mask(std::initializer_list<Run> runs) {
    LabelMap map(4, 3);
    auto at = map.labels.begin();
    for (const Run& run : runs) at = std::fill_n(at, run.pixels, run.label);
    return encode_label_png(map);
  }

  std::string path() const { return path_.string(); }
  std::string path(const std::string& file) const { return (path_ / file).string(); }
  void write(const std::string& file, const std::string& bytes) const { write_file(path(file), bytes); }
  void remove(const std::string& file) const { std::filesystem::remove(path_ / file); }
  // Replaces the first `from` in a file.
  void edit(const std::string& file, const std::string& from, const std::string& to) const {
    std::string text = read_file(path(file));
    const size_t found = text.find(from);
    if (found == std::string::npos) throw std::logic_error("no \"" + from + "\" in " + file);
    write(file, text.replace(found, from.size(), to));
  }
  void cut(const std::string& file) const {
    const std::string bytes = read_file(path(file));
    write(file, bytes.substr(0, bytes.size() / 2));
  }

 private:
  void write_tables() const {
    write("category.csv", "name,first,last,count,frequency\ncolor,1,2,2,3\nobject,3,300,3,4\nscene,4,5,2,1\n");
    write("label.csv",
          "number,name,category,frequency,coverage,syns\r\n"
          "1,red-c,color(2),2,1.5,\r\n"
          "2,blue-c,color(1),1,0.5,\r\n"
          "3,\"cat, \"\"tom\"\"\",object(2),2,1.25,\r\n"
          "4,street,object(1);scene(1),2,1.25,road;lane\r\n"
          "5,sea_shore-s,scene(0),0,0,\r\n"
          "7,ghost,,0,0,\r\n"
          "300,far_thing,object(1),1,0.25,\r\n");
    write("c_color.csv", "code,number,name,frequency,coverage\n1,1,red-c,2,1.5\n2,2,blue-c,1,0.5\n");
    write("c_object.csv",
          "code,number,name,frequency,coverage\n1,3,\"cat, \"\"tom\"\"\",2,1.25\n2,4,street,1,0.25\n"
          "3,300,far_thing,1,0.25\n");
    write("c_scene.csv", "code,number,name,frequency,coverage\n1,4,street,1,1\n2,5,sea_shore-s,0,0\n");
    write("index.csv",
          "image,scene,split,ih,iw,sh,sw,object,color\n"
          "a/1.png,4,train,6,8,3,4,a/1_object_1.png;3;a/1_object_2.png,a/1_color.png\n"
          "a/2.jpg,0,val,6,8,3,4,a/2_object.png,\n"
          "3.webp,,train,6,8,3,4,,1\n"
          "4.png,,test,6,8,3,4,,\n");
  }

  std::filesystem::path path_;
};

}  // namespace microtome

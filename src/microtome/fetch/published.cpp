// SPDX-License-Identifier: Apache-2.0
#include "microtome/fetch/published.h"

#include <algorithm>

namespace microtome {
namespace {

constexpr std::string_view kTorchvision = "BSD-3-Clause (torchvision); trained on ImageNet";

constexpr PublishedFile kPublished[] = {
    {"alexnet", "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth", "sha256:7be5be79", 245, "network",
     kTorchvision, ""},
    {"broden1_224", "https://netdissect.csail.mit.edu/data/broden1_224.zip", "", 760, "concept set",
     "that of each source; see its README", "unpack it and give the folder: unzip FILE"},
    {"broden1_227", "https://netdissect.csail.mit.edu/data/broden1_227.zip", "", 770, "concept set",
     "that of each source; see its README", "unpack it and give the folder: unzip FILE"},
    {"convnext_base", "https://download.pytorch.org/models/convnext_base-6075fbad.pth", "sha256:6075fbad", 355,
     "network", kTorchvision, ""},
    {"convnext_large", "https://download.pytorch.org/models/convnext_large-ea097f82.pth", "sha256:ea097f82", 792,
     "network", kTorchvision, ""},
    {"convnext_small", "https://download.pytorch.org/models/convnext_small-0c510722.pth", "sha256:0c510722", 201,
     "network", kTorchvision, ""},
    {"convnext_tiny", "https://download.pytorch.org/models/convnext_tiny-983f1562.pth", "sha256:983f1562", 115,
     "network", kTorchvision, ""},
    {"densenet121", "https://download.pytorch.org/models/densenet121-a639ec97.pth", "sha256:a639ec97", 32, "network",
     kTorchvision, ""},
    {"densenet161", "https://download.pytorch.org/models/densenet161-8d451a50.pth", "sha256:8d451a50", 115, "network",
     kTorchvision, ""},
    {"densenet169", "https://download.pytorch.org/models/densenet169-b2777c0a.pth", "sha256:b2777c0a", 57, "network",
     kTorchvision, ""},
    {"densenet201", "https://download.pytorch.org/models/densenet201-c1103571.pth", "sha256:c1103571", 81, "network",
     kTorchvision, ""},
    {"dtd", "https://www.robots.ox.ac.uk/~vgg/data/dtd/download/dtd-r1.0.1.tar.gz",
     "md5:fff73e5086ae6bdbea199a49dfb8a4c1", 625, "concept set", "research use",
     "unpack it and give its folder images: tar -xf FILE"},
    {"efficientnet_b1", "https://download.pytorch.org/models/efficientnet_b1-c27df63c.pth", "sha256:c27df63c", 32,
     "network", kTorchvision, ""},
    {"efficientnet_v2_l", "https://download.pytorch.org/models/efficientnet_v2_l-59c71312.pth", "sha256:59c71312", 475,
     "network", kTorchvision, ""},
    {"efficientnet_v2_m", "https://download.pytorch.org/models/efficientnet_v2_m-dc08266a.pth", "sha256:dc08266a", 217,
     "network", kTorchvision, ""},
    {"efficientnet_v2_s", "https://download.pytorch.org/models/efficientnet_v2_s-dd5fe13b.pth", "sha256:dd5fe13b", 86,
     "network", kTorchvision, ""},
    {"googlenet", "https://download.pytorch.org/models/googlenet-1378be20.pth", "sha256:1378be20", 53, "network",
     kTorchvision, ""},
    {"inception_v3", "https://download.pytorch.org/models/inception_v3_google-0cc3c7bd.pth", "sha256:0cc3c7bd", 109,
     "network", kTorchvision, ""},
    {"mobilenet_v2", "https://download.pytorch.org/models/mobilenet_v2-7ebf99e0.pth", "sha256:7ebf99e0", 15, "network",
     kTorchvision, ""},
    {"mobilenet_v3_large", "https://download.pytorch.org/models/mobilenet_v3_large-5c1a4163.pth", "sha256:5c1a4163", 22,
     "network", kTorchvision, ""},
    {"mobilenet_v3_small", "https://download.pytorch.org/models/mobilenet_v3_small-047dcff4.pth", "sha256:047dcff4", 11,
     "network", kTorchvision, ""},
    {"resnet101", "https://download.pytorch.org/models/resnet101-63fe2227.pth", "sha256:63fe2227", 179, "network",
     kTorchvision, ""},
    {"resnet152", "https://download.pytorch.org/models/resnet152-394f9c45.pth", "sha256:394f9c45", 241, "network",
     kTorchvision, ""},
    {"resnet18", "https://download.pytorch.org/models/resnet18-f37072fd.pth", "sha256:f37072fd", 47, "network",
     kTorchvision, ""},
    {"resnet34", "https://download.pytorch.org/models/resnet34-b627a593.pth", "sha256:b627a593", 88, "network",
     kTorchvision, ""},
    {"resnet50", "https://download.pytorch.org/models/resnet50-0676ba61.pth", "sha256:0676ba61", 103, "network",
     kTorchvision, ""},
    {"resnet50_v2", "https://download.pytorch.org/models/resnet50-11ad3fa6.pth", "sha256:11ad3fa6", 103, "network",
     kTorchvision, ""},
    {"resnext101_32x8d", "https://download.pytorch.org/models/resnext101_32x8d-8ba56ff5.pth", "sha256:8ba56ff5", 356,
     "network", kTorchvision, ""},
    {"resnext101_64x4d", "https://download.pytorch.org/models/resnext101_64x4d-173b62eb.pth", "sha256:173b62eb", 334,
     "network", kTorchvision, ""},
    {"resnext50_32x4d", "https://download.pytorch.org/models/resnext50_32x4d-7cdf4587.pth", "sha256:7cdf4587", 101,
     "network", kTorchvision, ""},
    {"squeezenet1_0", "https://download.pytorch.org/models/squeezenet1_0-b66bff10.pth", "sha256:b66bff10", 5, "network",
     kTorchvision, ""},
    {"squeezenet1_1", "https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth", "sha256:b8a52dc0", 5, "network",
     kTorchvision, ""},
    {"vgg11", "https://download.pytorch.org/models/vgg11-8a719046.pth", "sha256:8a719046", 532, "network", kTorchvision,
     ""},
    {"vgg11_bn", "https://download.pytorch.org/models/vgg11_bn-6002323d.pth", "sha256:6002323d", 532, "network",
     kTorchvision, ""},
    {"vgg13", "https://download.pytorch.org/models/vgg13-19584684.pth", "sha256:19584684", 533, "network", kTorchvision,
     ""},
    {"vgg13_bn", "https://download.pytorch.org/models/vgg13_bn-abd245e5.pth", "sha256:abd245e5", 533, "network",
     kTorchvision, ""},
    {"vgg16", "https://download.pytorch.org/models/vgg16-397923af.pth", "sha256:397923af", 554, "network", kTorchvision,
     ""},
    {"vgg16_bn", "https://download.pytorch.org/models/vgg16_bn-6c64b313.pth", "sha256:6c64b313", 554, "network",
     kTorchvision, ""},
    {"vgg19", "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth", "sha256:dcbb9e9d", 575, "network", kTorchvision,
     ""},
    {"vgg19_bn", "https://download.pytorch.org/models/vgg19_bn-c79401a0.pth", "sha256:c79401a0", 575, "network",
     kTorchvision, ""},
    {"vit_b_16", "https://download.pytorch.org/models/vit_b_16-c867db91.pth", "sha256:c867db91", 347, "network",
     kTorchvision, ""},
    {"vit_b_32", "https://download.pytorch.org/models/vit_b_32-d86f8d99.pth", "sha256:d86f8d99", 353, "network",
     kTorchvision, ""},
    {"vit_l_16", "https://download.pytorch.org/models/vit_l_16-852ce7e3.pth", "sha256:852ce7e3", 1218, "network",
     kTorchvision, ""},
    {"vit_l_32", "https://download.pytorch.org/models/vit_l_32-c7638314.pth", "sha256:c7638314", 1227, "network",
     kTorchvision, ""},
    {"wide_resnet101_2", "https://download.pytorch.org/models/wide_resnet101_2-32ee1156.pth", "sha256:32ee1156", 508,
     "network", kTorchvision, ""},
    {"wide_resnet50_2", "https://download.pytorch.org/models/wide_resnet50_2-95faca4d.pth", "sha256:95faca4d", 276,
     "network", kTorchvision, ""},
};

}  // namespace

std::span<const PublishedFile> published_files() { return kPublished; }

const PublishedFile* find_published(std::string_view name) {
  const auto found =
      std::find_if(std::begin(kPublished), std::end(kPublished), [&](const auto& file) { return file.name == name; });
  return found == std::end(kPublished) ? nullptr : found;
}

}  // namespace microtome

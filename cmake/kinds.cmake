# microtome_kinds(NAMESPACE TYPE HEADER FOLDER OUT_SOURCES name ...)
#
# One table of the kinds of a thing, from one list. Each name has a file FOLDER/<name>.cpp that defines
#   namespace microtome::NAMESPACE { extern const TYPE <name>; const TYPE <name> = {...}; }
# The generated source defines std::span<const TYPE* const> microtome::NAMESPACE::kinds(), in list order;
# HEADER declares it. OUT_SOURCES receives the generated file and the kinds' own files. Where the names are not
# identifiers ("export"), set MICROTOME_KIND_SUFFIX before the call; the objects are then called <name><suffix>.
function(microtome_kinds NAMESPACE TYPE HEADER FOLDER OUT_SOURCES)
  set(declarations "")
  set(entries "")
  set(sources "")
  foreach(name IN LISTS ARGN)
    string(APPEND declarations "extern const ${TYPE} ${name}${MICROTOME_KIND_SUFFIX};\n")
    string(APPEND entries "    &${name}${MICROTOME_KIND_SUFFIX},\n")
    list(APPEND sources ${FOLDER}/${name}.cpp)
  endforeach()
  set(file ${CMAKE_CURRENT_BINARY_DIR}/${NAMESPACE}_kinds.cpp)
  file(CONFIGURE OUTPUT ${file} @ONLY CONTENT "// Generated from the list in CMakeLists.txt.
#include <span>
#include \"${HEADER}\"
namespace microtome::${NAMESPACE} {
${declarations}
std::span<const ${TYPE}* const> kinds() {
  static const ${TYPE}* const table[] = {
${entries}  };
  return table;
}
}  // namespace microtome::${NAMESPACE}
")
  set(${OUT_SOURCES} ${file} ${sources} PARENT_SCOPE)
endfunction()

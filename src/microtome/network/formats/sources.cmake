# The model formats in the order in which they are asked whether a file is theirs: ONNX has no magic number and comes last.
microtome_kinds(model_formats ModelFormat "microtome/network/formats/model_format.h" formats NETWORK_FORMAT_KINDS
                safetensors onnx)

find_package(ZLIB REQUIRED)  # for the tests, which read .npz

set(NETWORK_FORMAT_SOURCES
    ${NETWORK_FORMAT_KINDS}
    formats/check_graph.cpp formats/graph_json.cpp formats/onnx_graph.cpp formats/onnx_tensor.cpp
    formats/safetensors_file.cpp
    classify.cpp load.cpp preprocessing.cpp)
set(NETWORK_FORMAT_TESTS
    formats/fuzz_test.cpp formats/golden_test.cpp formats/onnx_conformance_test.cpp formats/onnx_test.cpp
    formats/safetensors_test.cpp preprocessing_test.cpp)
set(NETWORK_FORMAT_LIBRARIES ${ONNX_PROTO_LIBRARY} protobuf::libprotobuf nlohmann_json::nlohmann_json ZLIB::ZLIB)

# Minutes long, on real pictures that need not be there.
add_executable(network_pictures_test formats/pictures_test.cpp)
target_link_libraries(network_pictures_test PRIVATE microtome_network GTest::gtest GTest::gmock GTest::gtest_main)
microtome_reuse_pch(network_pictures_test torch_test)
microtome_test(network/pictures COMMAND network_pictures_test LABELS slow)

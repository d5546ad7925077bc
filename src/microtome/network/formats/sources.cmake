# The model formats in the order in which they are asked whether a file is theirs: ONNX has no magic number and comes last.
microtome_kinds(model_formats ModelFormat "microtome/network/formats/model_format.h" formats NETWORK_FORMAT_KINDS
                safetensors onnx)

set(NETWORK_FORMAT_SOURCES
    ${NETWORK_FORMAT_KINDS}
    formats/check_graph.cpp formats/graph_json.cpp formats/onnx_graph.cpp formats/onnx_tensor.cpp
    formats/safetensors_file.cpp
    classify.cpp load.cpp preprocessing.cpp)
set(NETWORK_FORMAT_TESTS)
set(NETWORK_FORMAT_LIBRARIES ${ONNX_PROTO_LIBRARY} protobuf::libprotobuf nlohmann_json::nlohmann_json fmt::fmt)

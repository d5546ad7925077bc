// SPDX-License-Identifier: Apache-2.0
// Everything that computes with networks, behind one door without torch: the command line opens it only when a command
// needs it, so that help, lists and readers of atlases answer at once.
#pragma once
#include "microtome/base/json_fwd.h"
#include "microtome/base/reporter.h"
#include "microtome/study/requests.h"

namespace microtome {

// Methods throw Error. One call at a time.
class Engine {
 public:
  virtual ~Engine() = default;
  // {"network":{"hash","format","input"},"layers":[{"name","aliases","op","shape","units","receptive_field","macs_share"}]}
  virtual Json info(const NetworkRequest& request) const = 0;
  // {"images":[{"file","top":[{"index","label","probability"}]}]}; unreadable images are warned of and carry "error".
  virtual Json classify(const ClassifyRequest& request, int threads, Reporter& reporter) const = 0;
  // Writes request.out/LAYER/UNIT.png: each image's crop with the trace beside it. Gives
  // {"layer","method","sign","units":[{"unit","file","traces":[{"image","activation","x","y","left","top","silent"}]}]};
  // an image that cannot be read is warned of and carries "error".
  virtual Json trace(const TraceRequest& request, Reporter& reporter) const = 0;
  // Writes request.out and the frames. Gives {"file","width","height","first","last","started"}: the objective before
  // the first and the last step, and whether there was a gradient at all.
  virtual Json dream(const DreamRequest& request, Reporter& reporter) const = 0;
  // Writes request.out; continues where an earlier call with the same request was interrupted.
  virtual void study(const StudyRequest& request, Reporter& reporter) const = 0;
  // What study() would render, how long it would take and how much it would write (study/picture_plan.h, estimate);
  // writes nothing. The request visualizes and does not dissect.
  virtual Json plan(const StudyRequest& request, Reporter& reporter) const = 0;
  // The largest change of a logit when the layer's channels are rotated at random and the rotation is folded into what
  // reads them.
  virtual double rotation_error(const NetworkRequest& request, const std::string& layer) const = 0;
  // Writes the files that the request names; gives {"images","size","colours"}.
  virtual Json measure(const MeasureRequest& request, int threads, Reporter& reporter) const = 0;
  // Writes request.out; gives accuracies and settings.
  virtual Json train(const TrainSettings& request, Reporter& reporter) const = 0;
  // The kinds that `microtome list` shows: {"objectives":[{"name","summary","parameters"}], ...}.
  virtual Json kinds() const = 0;
  // Asks running work to stop at its next safe point; may be called from a signal handler.
  virtual void request_stop() const noexcept = 0;
};

}  // namespace microtome

// The door's one symbol: the engine of this process.
extern "C" const microtome::Engine* microtome_engine();

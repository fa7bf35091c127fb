#include "sync/protocol/close.hpp"

namespace muniment::sync {

std::string_view to_text(CloseCode code) noexcept {
  switch (code) {
    case CloseCode::done:
      return "nothing is left to do";
    case CloseCode::stopping:
      return "the program ends";
    case CloseCode::malformed:
      return "a message is malformed";
    case CloseCode::unknown_type:
      return "a message has a type that is not known";
    case CloseCode::too_large:
      return "a message is larger than its type allows";
    case CloseCode::flood:
      return "more was asked or sent than the limits allow";
    case CloseCode::timeout:
      return "it did not answer in time";
    case CloseCode::wrong_consortium:
      return "it belongs to another consortium";
    case CloseCode::wrong_device:
      return "it is not the device that it says, or not an active one";
    case CloseCode::bad_proof:
      return "a proof does not verify";
    case CloseCode::bad_signature:
      return "a signature does not verify";
    case CloseCode::unasked:
      return "something came that nobody had asked for";
    case CloseCode::out_of_order:
      return "a message came out of order";
    case CloseCode::quarantined:
      return "it sent damaged packs too often";
    case CloseCode::replaced:
      return "the same device has connected again";
    case CloseCode::failed:
      return "the other side failed";
  }
  return "a reason that is not known";
}

}  // namespace muniment::sync

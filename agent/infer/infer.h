// From an answer of an unknown service to the collector that reads it: a proposal for a person to look
// at, never a claim. Pure: no clock, no socket. Linear in the document.
//
// How lists are judged. Every array of objects, every map whose keys are data (or some of them), and every list of rows
// of named values is a candidate. For each role (workers, queues, consumers of queues, tasks) it has
//   what its name says (or the source's, for `data`, `items` and the document itself)    0 to 6
//   + the weights of the vocabulary's keys that its fields would fill, each key once     1 to 4 each
//   + 2 if a field is a state whose words are known, + 2 if one tells the items apart
// and is taken for the best role if that is 6 or more and there is a figure; workers need only a name.
// Texts that are JSON are unfolded before (inside.h). Of workers the best list is written, of queues the best with the
// queue lists around and inside it, and what waits at each worker (own_queue.h); the others are named in comments.
// Tables are in words.cpp and fields.cpp, those of capacity pairs in capacity.cpp; how identities are chosen is in
// identity.h.
#pragma once
#include <string>

#include "core/result.h"
#include "decode/document.h"
#include "infer/proposal.h"

namespace tallyman::infer {

struct Asked {
  std::string name;    // the collector's; legal, see legal_name()
  std::string source;  // file or url, for the comments; no secrets
  std::string hint;    // what the source is called: `queues` of /api/queues
};
// `later`: the same page some seconds later, for counters; no node: there is none.
// Errors: Stage::map, nothing in the document can be measured.
Result<Proposal> infer(decode::Node root, decode::Node later, const Asked& asked);

// `[a-z][a-z0-9-]*` made of a file's or host's name.
std::string legal_name(std::string_view text);

// Why a body that is no JSON cannot be looked at, and what to do; what the parser said otherwise.
std::string foreign(std::string_view body, const std::string& parser_said);

}  // namespace tallyman::infer

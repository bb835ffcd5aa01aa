// What the fuzz targets of the text formats share: any bytes are refused with a reason, or give JSON that
// a Document takes, of exactly the size that was measured before.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "decode/document.h"
#include "decode/text_formats.h"

inline int fuzz_text_format(tallyman::Result<tallyman::decode::JsonOfText> (*decode)(std::string_view, std::size_t),
                            const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  constexpr std::size_t memory = 8u << 20;
  const auto result = decode(body, memory);
  if (!result) {
    if (result.error().detail.empty()) std::abort();
    return 0;
  }
  const std::size_t mark = body.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  const std::size_t mended = result->not_utf8 == 0 ? 0 : size - mark + 2 * result->not_utf8;
  const std::size_t needed = size + mended + result->json.size();
  if (needed > memory || !decode(body, needed) || decode(body, needed - 1)) std::abort();
  tallyman::decode::Document document;
  if (!document.parse(result->json)) std::abort();
  return 0;
}

#include "core/give_back.h"

#include <malloc.h>

namespace tallyman {

void give_back_free_memory() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

}  // namespace tallyman

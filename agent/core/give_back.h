// Memory that a large answer or a configuration leaves behind.
#pragma once

namespace tallyman {

// Gives what is free in the heap back to the system. Large blocks go back by themselves; but what is read of a
// large answer is many texts of middling size too, and a later one that is held keeps all those before it.
// It looks through the heap: for where much was freed.
void give_back_free_memory();

}  // namespace tallyman

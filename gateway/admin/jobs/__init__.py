"""Work that takes seconds to minutes, in processes of its own."""

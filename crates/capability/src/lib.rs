//! Decides whether an effect is granted, and mints the permit that proves it.

//! Which tools are installed, from where, with which digest and which requested capabilities.

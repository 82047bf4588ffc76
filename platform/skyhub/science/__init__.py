"""Pure astrophysics: arrays in and out, no input or output."""

"""How good a denoised face is: scores, classical methods, distances, and the panel that combines them."""

"""How good a denoised face is: scores, classical rivals, distances, the panel that brings them together."""

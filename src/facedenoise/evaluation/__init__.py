"""How good a denoised face is: metrics, the classical baseline, the panel that scores them all."""

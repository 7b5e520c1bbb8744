"use strict";

// Left of the handle a face is noisy, right of it denoised. The range input covers the face, invisible:
// the browser itself brings dragging, touch, arrow keys and the screen reader's view of it.
for (const slider of document.querySelectorAll(".slider")) {
  const range = slider.querySelector("input");
  const divide = () => slider.style.setProperty("--split", `${range.value}%`);
  range.addEventListener("input", divide);
  divide();
}

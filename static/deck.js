// A meeting's deck: full screen, printing, and the arrow keys from slide to slide.
const deck = document.getElementById("deck");
const slides = [...deck.querySelectorAll(".slide")];

function at() {
  const middle = window.innerHeight / 2;
  const here = slides.findIndex((slide) => {
    const box = slide.getBoundingClientRect();
    return box.top <= middle && box.bottom > middle;
  });
  return Math.max(here, 0);
}

function go(step) {
  const focused = slides.indexOf(document.activeElement);
  const here = focused >= 0 ? focused : window.scrollY < 50 && deck.scrollTop < 50 ? 0 : at();
  const next = slides[Math.min(Math.max(here + step, 0), slides.length - 1)];
  next.scrollIntoView({ block: "start" });
  next.focus({ preventScroll: true });
}

document.querySelector("[data-deck-full]").addEventListener("click", () => deck.requestFullscreen());
document.querySelector("[data-deck-print]").addEventListener("click", () => window.print());
document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const steps = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 };
  if (!(event.key in steps)) return;
  event.preventDefault();
  go(steps[event.key]);
});

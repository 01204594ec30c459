/** The quietest and the loudest level that a meter shows, dBFS. */
const floor = -54;
const ceiling = -6;

/** A bar as long as somebody is loud. The words beside it say whose it is, so it is hidden from screen readers. */
class LevelMeter extends HTMLElement {
  #shown = -1;

  connectedCallback() {
    this.setAttribute('aria-hidden', 'true');
    if (!this.firstChild) this.append(document.createElement('i'));
  }

  /** dBFS; null for nothing. */
  set level(level) {
    const part = level === null ? 0 : Math.min(1, Math.max(0, (level - floor) / (ceiling - floor)));
    const rounded = Math.round(part * 50) / 50;
    if (rounded === this.#shown) return;
    this.#shown = rounded;
    this.style.setProperty('--level', rounded);
    this.classList.toggle('loud', rounded > 0.92);
  }
}

customElements.define('level-meter', LevelMeter);

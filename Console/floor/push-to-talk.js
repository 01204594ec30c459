/** A second press within this time after a release latches, ms. */
const doubling = 350;

/**
 * When the voice is open: while a key or the button is held, or latched by a double press until the next press or
 * `escape`. `drop` closes it whatever was pressed. Pure but for its clock, which is given.
 */
export class PushToTalk {
  #isHeld = false;
  #isLatched = false;
  #releasedAt = -Infinity;
  #ignoresRelease = false;

  get talks() { return this.#isHeld || this.#isLatched; }

  get isLatched() { return this.#isLatched; }

  press(at) {
    if (this.#isHeld) return;
    if (this.#isLatched) {
      this.#isLatched = false;
      this.#ignoresRelease = true;
      this.#releasedAt = -Infinity;
      return;
    }
    this.#isHeld = true;
    this.#ignoresRelease = false;
    if (at - this.#releasedAt < doubling) this.#isLatched = true;
  }

  release(at) {
    if (!this.#ignoresRelease && this.#isHeld) this.#releasedAt = at;
    this.#isHeld = false;
    this.#ignoresRelease = false;
  }

  /** Whether there was a latch to be opened. */
  escape() {
    const was = this.#isLatched;
    this.drop();
    return was;
  }

  drop() {
    this.#isHeld = false;
    this.#isLatched = false;
    this.#releasedAt = -Infinity;
  }
}

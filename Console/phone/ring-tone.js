import { audioContext } from '../shared/sound.js';

/** Rings, pulses and ring-back tones made of two sines each: Hz, seconds on, seconds off, loudness. */
const tones = {
  ring: { frequencies: [880, 1108], on: 1.0, off: 2.0, loudness: 0.14, step: 0.06 },
  waiting: { frequencies: [440], on: 0.18, off: 3.8, loudness: 0.06 },
  ringback: { frequencies: [425], on: 1.0, off: 4.0, loudness: 0.05 },
};

/** What the agent hears before a call is up. Stays on this machine. */
export class RingTone {
  #playing = null;
  #timer = null;

  /** True while the browser keeps the tone back until the page is clicked. */
  get isBlocked() { return this.#playing !== null && audioContext().state === 'suspended'; }

  /** @param {'ring'|'waiting'|'ringback'|null} name */
  play(name) {
    if (name === this.#playing) return;
    clearInterval(this.#timer);
    this.#playing = name;
    if (!name) return;
    const tone = tones[name];
    this.#burst(tone);
    this.#timer = setInterval(() => this.#burst(tone), (tone.on + tone.off) * 1000);
  }

  #burst({ frequencies, on, loudness, step }) {
    const context = audioContext();
    if (context.state !== 'running') return;
    const gain = context.createGain();
    const begin = context.currentTime + 0.02;
    gain.gain.setValueAtTime(0, begin);
    gain.gain.linearRampToValueAtTime(loudness, begin + 0.03);
    gain.gain.setValueAtTime(loudness, begin + on - 0.06);
    gain.gain.linearRampToValueAtTime(0, begin + on);
    gain.connect(context.destination);
    for (const [index, frequency] of frequencies.entries()) {
      const oscillator = context.createOscillator();
      oscillator.frequency.value = frequency;
      oscillator.connect(gain);
      oscillator.start(begin + index * (step ?? 0));
      oscillator.stop(begin + on);
    }
  }
}

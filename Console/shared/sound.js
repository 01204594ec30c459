// What is heard and what is said: the loudspeaker, the microphone, and measures of both.

let shared = null;

/** The page's one audio context; made at the first need, because browsers let it run only after a gesture. */
export function audioContext() {
  shared ??= new AudioContext();
  if (shared.state === 'suspended') shared.resume().catch(() => {});
  return shared;
}

/** Measures a stream without changing it. */
export class Gauge {
  constructor(stream) {
    const context = audioContext();
    this.rate = context.sampleRate;
    this.source = context.createMediaStreamSource(stream);
    this.analyser = context.createAnalyser();
    this.analyser.fftSize = 8192;
    this.source.connect(this.analyser);
    this.samples = new Float32Array(this.analyser.fftSize);
  }

  #read(count = this.samples.length) {
    this.analyser.getFloatTimeDomainData(this.samples);
    return count === this.samples.length ? this.samples : this.samples.subarray(this.samples.length - count);
  }

  /** Root of the mean square, 0 to 1, of the last `count` samples. */
  rms(count) {
    const samples = this.#read(count);
    let sum = 0;
    for (const sample of samples) sum += sample * sample;
    return Math.sqrt(sum / samples.length);
  }

  /** dBFS of the last 40 ms or so. */
  level() { return 20 * Math.log10(Math.max(this.rms(2048), 1e-6)); }

  /** Amplitude, 0 to 1, of each of these frequencies (Hz), by Goertzel's method under a Hann window. */
  tones(frequencies) {
    const samples = this.#read();
    const last = samples.length - 1;
    return frequencies.map((frequency) => {
      const coefficient = 2 * Math.cos((2 * Math.PI * frequency) / this.rate);
      let before = 0;
      let beforeThat = 0;
      samples.forEach((sample, index) => {
        const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / last);
        const value = sample * window + coefficient * before - beforeThat;
        beforeThat = before;
        before = value;
      });
      const power = before * before + beforeThat * beforeThat - coefficient * before * beforeThat;
      // The window's mean is one half.
      return (2 * Math.sqrt(Math.max(0, power))) / (samples.length / 2);
    });
  }

  close() { this.source.disconnect(); }
}

/** Plays what comes from a peer. Event `blocked`: the browser wants a gesture first; call `start()` from one. */
export class Ear extends EventTarget {
  #element = document.createElement('audio');
  gauge = null;
  isBlocked = false;

  constructor() {
    super();
    this.#element.autoplay = true;
    this.#element.hidden = true;
    document.body.append(this.#element);
  }

  attach(stream) {
    this.gauge?.close();
    this.gauge = new Gauge(stream);
    this.#element.srcObject = stream;
    this.start();
  }

  async start() {
    audioContext();
    try {
      await this.#element.play();
      this.isBlocked = false;
    } catch (error) {
      // AbortError: another stream came meanwhile, which starts by itself.
      this.isBlocked = error.name === 'NotAllowedError';
    }
    this.dispatchEvent(new Event('blocked'));
  }

  close() {
    this.gauge?.close();
    this.gauge = null;
    this.#element.srcObject = null;
    this.#element.remove();
  }
}

/** For tests and for the curious: what this page hears now. Nothing is heard: zeros. */
export function exposeHeard(gauge) {
  window.earshot = {
    heard: () => ({
      rms: gauge()?.rms() ?? 0,
      level: gauge()?.level() ?? -120,
      tones: (frequencies) => gauge()?.tones(frequencies) ?? frequencies.map(() => 0),
    }),
  };
}

// Runs in each page before its own scripts: notes in `window.bench` what the pages themselves have no marks for.
//
// Each update of the list is followed by style and layout at once, so that their cost is counted with its script. The time
// of the first row is that of the frame after it. And of the microphone it is noted when each beep began, in ms since 1970:
// the browser's processing of voices is off, for it takes a beep for noise.
{
  const seen = { updates: [], beeps: [] };
  let shown;
  // A promise, so that nobody asks again and again while the page is being made.
  seen.firstRow = new Promise((resolve) => { shown = resolve; });
  window.bench = seen;
  const measure = performance.measure.bind(performance);
  performance.measure = (name, from) => {
    const result = measure(name, from);
    if (name === 'floor-update') {
      document.body.getBoundingClientRect();
      seen.updates.push(performance.now() - result.startTime);
    }
    return result;
  };
  const watch = new MutationObserver(() => {
    if (!document.querySelector('[data-test=call-row]')) return;
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => shown(performance.now())));
  });
  watch.observe(document, { childList: true, subtree: true });

  const note = async (microphone) => {
    // Of its own, for a closed voice gives no samples. The browser opens sixteen at most, so it ends with the other.
    const track = microphone.clone();
    const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    let quiet = 0;
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      if (microphone.readyState === 'ended') {
        value.close();
        track.stop();
        return;
      }
      const now = performance.timeOrigin + performance.now();
      const samples = new Float32Array(value.numberOfFrames);
      value.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      const at = samples.findIndex((sample) => Math.abs(sample) > 0.02);
      if (at >= 0 && quiet > 0.2) seen.beeps.push(now - ((samples.length - at) / value.sampleRate) * 1000);
      quiet = at >= 0 ? 0 : quiet + samples.length / value.sampleRate;
      value.close();
    }
  };
  const devices = navigator.mediaDevices;
  const real = devices?.getUserMedia.bind(devices);
  if (real) devices.getUserMedia = async (wanted) => {
    const off = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const stream = await real({ ...wanted, audio: wanted.audio && off });
    for (const track of stream.getAudioTracks()) note(track);
    return stream;
  };
}

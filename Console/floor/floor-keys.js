/** The keys of the floor. */
export function bindKeys(keyboard, page) {
  const { acts, list, panel, filters, supervision } = page;
  const mode = (name) => () => {
    if (supervision.phase !== 'live') return false;
    acts.mode(name);
    return true;
  };
  keyboard.on('j', 'Next call', () => list.step(1), 'J or ↓');
  keyboard.on('k', 'Previous call', () => list.step(-1), 'K or ↑');
  keyboard.on('l', 'Listen to the chosen call; in a call: back to Listen', () => {
    const isInside = supervision.isActive && (list.selected === supervision.callId || !list.contains(document.activeElement));
    if (isInside) acts.mode('listen');
    else acts.listen(list.selected);
  }, 'L or Enter');
  keyboard.on('w', 'Whisper', mode('whisper'), 'W');
  keyboard.note('Space', 'In Whisper: hold to talk, press twice to latch');
  keyboard.on('Escape', 'Close a latched microphone', () => panel.talk.unlatch(), 'Esc');
  keyboard.on('b', 'Barge in (asks first)', mode('barge'), 'B');
  keyboard.on('t', 'Take over (asks first)', mode('takeover'), 'T');
  keyboard.on('m', 'Mute, unmute (Barge, Takeover)', () => panel.talk.toggle(), 'M');
  keyboard.on('x', 'Leave the call', () => {
    if (!supervision.isActive) return false;
    acts.leave();
    return true;
  }, 'X');
  keyboard.on('c', 'Write to the agent', () => focus(panel.cues.line), 'C');
  keyboard.on('n', 'Write a note', () => focus(panel.notes.text), 'N');
  keyboard.on('/', 'Search', () => filters.focusSearch());
  keyboard.on('a', 'Only what needs attention', () => filters.attention.click(), 'A');
}

function focus(element) {
  if (element.offsetParent === null) return false;
  element.focus();
  return true;
}

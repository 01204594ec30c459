// Line icons on a 24-unit grid, drawn with the colour of the text beside them.

const namespace = 'http://www.w3.org/2000/svg';

const paths = {
  listen: 'M4 14v-2a8 8 0 0 1 16 0v2M4 14h3v6H5a1 1 0 0 1-1-1zM20 14h-3v6h2a1 1 0 0 0 1-1z',
  whisper: 'M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM6 11a6 6 0 0 0 12 0M12 17v4',
  barge: 'M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM3 20a6 6 0 0 1 12 0M16 5.5a3 3 0 0 1 0 5M17 14.5a6 6 0 0 1 4 5.5',
  takeover: 'M4 8h13l-3-3M20 16H7l3 3',
  leave: 'M14 4H6v16h8M10 12h11M18 9l3 3-3 3',
  nobody: 'M12 3a3 3 0 0 1 3 3v4M9 9v2a3 3 0 0 0 4.5 2.6M6 11a6 6 0 0 0 9.5 4.9M18 11a6 6 0 0 1-.5 2.4M12 17v4M4 4l16 16',
  unknown: 'M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 17.5v.5',
  hand: 'M8 12V6a1.5 1.5 0 0 1 3 0v5M11 10V4.500a1.5 1.5 0 0 1 3 0V11M14 11V6a1.5 1.5 0 0 1 3 0v8a6 6 0 0 1-6 7c-3 0-4.500-2-6.500-5.500-.8-1.400.8-2.700 2-1.500L8 16',
  flag: 'M6 21V4h11l-2 4 2 4H6',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16.500 16.500 21 21',
  answer: 'M5 4h4l2 5-2.500 1.500a11 11 0 0 0 5 5L15 13l5 2v4a2 2 0 0 1-2 2A15 15 0 0 1 3 6a2 2 0 0 1 2-2z',
  hangup: 'M3 15v-2c5-5 13-5 18 0v2l-4 1-1.500-3a12 12 0 0 0-7 0L7 16z',
  hold: 'M9 5v14M15 5v14',
  mute: 'M9 9v2a3 3 0 0 0 4.500 2.600M15 10V6a3 3 0 0 0-6-.5M6 11a6 6 0 0 0 9.500 4.900M12 17v4M4 4l16 16',
  keypad: 'M6 6h.01M12 6h.01M18 6h.01M6 12h.01M12 12h.01M18 12h.01M6 18h.01M12 18h.01M18 18h.01',
  text: 'M4 5h16v11H9l-5 4z',
  note: 'M6 3h9l4 4v14H6zM9 11h7M9 15h7',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2',
  help: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9.500 9.500a2.500 2.500 0 1 1 3.700 2.200c-.8.500-1.200 1-1.200 1.800M12 16.500v.01',
  close: 'M6 6l12 12M18 6 6 18',
  sound: 'M4 9v6h4l5 4V5L8 9zM16 9a4 4 0 0 1 0 6',
  eye: 'M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z',
};

/** A decoration: hidden from screen readers, so words must stand beside it or in the label of its button. */
export function icon(name) {
  const svg = document.createElementNS(namespace, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(namespace, 'path');
  path.setAttribute('d', paths[name]);
  svg.append(path);
  return svg;
}

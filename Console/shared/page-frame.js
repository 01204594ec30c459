import { goToSignIn, request, session } from './api.js';
import { learnServerTime } from './clock.js';
import { el, setText } from './dom.js';
import { icon } from './icons.js';
import './notices.js';
import './theme-toggle.js';

/** Who is signed in. Waits for a server that can't be reached, and leaves for the sign-in page where nobody is. */
export async function signedIn(whileWaiting) {
  for (let pause = 500; ; pause = Math.min(pause * 2, 8000)) {
    try {
      const info = await session.read();
      learnServerTime(info.serverTime);
      return info;
    } catch (problem) {
      if (problem.status === 401) {
        goToSignIn();
        return new Promise(() => {});
      }
      whileWaiting(problem);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

const words = {
  connecting: 'Connecting', open: 'Live', offline: 'Offline', gone: 'No server', 'signed-out': 'Signed out',
  replaced: 'Opened elsewhere',
};

/** The bar on top: what the page is, whether it is live, and who uses it. */
export function pageFrame(bar, info, { keyboard, middle = [] }) {
  const state = el('span', { class: 'link-state', 'data-test': 'link-state', role: 'status' }, 'Connecting');
  bar.replaceChildren(
    el('a', { class: 'brand', href: '/', 'aria-label': 'Earshot, start' },
      el('img', { src: new URL('../images/mark.svg', import.meta.url).pathname, alt: '', width: 22, height: 22 }),
      el('span', {}, 'Earshot')),
    el('div', { class: 'bar-middle' }, middle),
    state,
    el('div', { class: 'bar-end' },
      el('theme-toggle'),
      keyboard ? el('button', {
        type: 'button', class: 'quiet', 'data-test': 'show-keys', 'aria-label': 'Show the keys', title: 'Keys (?)',
        onclick: () => keyboard.show(),
      }, icon('help')) : null,
      el('span', { class: 'user', title: info.user }, info.name || info.user),
      el('button', { type: 'button', class: 'quiet', 'data-test': 'sign-out', onclick: () => signOut() }, 'Sign out')));
  return {
    show(linkState) {
      state.dataset.state = linkState;
      setText(state, words[linkState]);
    },
  };
}

async function signOut() {
  try {
    await request('DELETE', '/v1/session');
  } catch {
    // The sign-in page says what is the matter.
  }
  location.assign('/sign-in');
}

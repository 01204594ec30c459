import '../shared/theme-toggle.js';
import { session } from '../shared/api.js';

const pages = { supervisor: '/floor', agent: '/phone', customer: '/phone' };
const reasons = { ended: 'Your session has ended. Sign in again.' };

const form = document.querySelector('form');
const why = document.querySelector('#why');
const submit = form.querySelector('button');
const query = new URLSearchParams(location.search);

function tell(text) {
  why.hidden = !text;
  why.textContent = text;
}

/** Where he was, if his role has that page; never another site. */
function goOn(info) {
  const home = pages[info.role] ?? '/floor';
  const wish = query.get('then');
  location.replace(Object.values(pages).includes(wish) && wish === home ? wish : home);
}

let timer = null;

/** Counts the seconds until another try is taken. */
function wait(seconds) {
  clearInterval(timer);
  let left = Math.ceil(seconds);
  submit.disabled = true;
  const show = () => tell(`Too many attempts. Try again in ${left} s.`);
  show();
  timer = setInterval(() => {
    left -= 1;
    if (left > 0) return show();
    clearInterval(timer);
    submit.disabled = false;
    tell('');
  }, 1000);
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const { name, password } = form.elements;
  for (const field of [name, password]) {
    field.setAttribute('aria-invalid', String(!field.value));
    if (field.value) continue;
    tell(field === name ? 'Enter your name.' : 'Enter your password.');
    return field.focus();
  }
  tell('');
  submit.disabled = true;
  try {
    goOn(await session.open(name.value.trim(), password.value));
  } catch (problem) {
    submit.disabled = false;
    if (problem.status === 429) return wait(problem.retryAfter ?? 60);
    tell(problem.status === 401 ? 'Name or password is wrong.' : `${problem.title}. ${problem.detail}`);
    if (problem.status === 401) password.select();
  }
});

tell(reasons[query.get('why')] ?? '');
// Who is signed in already has nothing to do here.
session.read().then(goOn, () => {});

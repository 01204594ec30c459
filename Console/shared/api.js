// Requests to Earshot and its problem documents (RFC 9457).

/** Why something was not done: `slug` for programs, `title` and `detail` for people. */
export class Problem extends Error {
  constructor({ type = '', title = 'Something went wrong', detail = '', status = 0, retryAfter = null }) {
    super(title);
    this.slug = type.replace('urn:earshot:problem:', '');
    this.title = title;
    this.detail = detail;
    this.status = status;
    /** Seconds, where the server says so. */
    this.retryAfter = retryAfter;
  }

  get isUnreachable() { return this.slug === 'unreachable'; }

  get isTransient() { return this.isUnreachable || this.status >= 500; }
}

/**
 * Sends JSON, returns JSON; nothing for 204. The session cookie goes along by itself.
 * @throws {Problem}
 */
export async function request(method, path, body, { keepalive = false, timeout = 30_000 } = {}) {
  let response;
  try {
    response = await fetch(path, {
      method,
      keepalive,
      cache: 'no-store',
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: keepalive ? undefined : AbortSignal.timeout(timeout),
    });
  } catch {
    throw new Problem({
      type: 'unreachable', title: 'Earshot can’t be reached',
      detail: 'Check the network. What was under way is tried again by itself where that is safe.',
    });
  }
  if (response.status === 204) return null;
  const document = await response.json().catch(() => ({}));
  if (response.ok) return document;
  throw new Problem({
    ...document, status: response.status,
    title: document.title ?? `The server answered ${response.status}`,
    retryAfter: Number(response.headers.get('Retry-After')) || null,
  });
}

export const session = {
  /** Who is signed in; a `Problem` of status 401 where nobody is. */
  read: () => request('GET', '/v1/session', undefined, { timeout: 8000 }),
  open: (name, password) => request('POST', '/v1/session', { name, password }),
  close: () => request('DELETE', '/v1/session'),
};

/** Leaves for the sign-in page, which comes back here. */
export function goToSignIn(why) {
  const query = new URLSearchParams({ then: location.pathname });
  if (why) query.set('why', why);
  location.assign(`/sign-in?${query}`);
}

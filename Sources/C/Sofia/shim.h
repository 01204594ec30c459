#pragma once
// What Swift can't see of sofia-sip: its tag lists are variadic macros and its task references are arrays.
// Every function here is a call of one library function with a fixed list of arguments; NULL leaves a tag out.
#define SOFIA_EXTEND_AUTH_CLIENT 1
#include <netdb.h>
#include <pthread.h>
#include <sofia-sip/auth_client.h>
#include <sofia-sip/auth_client_plugin.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nua.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/su_wait.h>
#include <sofia-sip/tport_tag.h>
#include <stdlib.h>
#include <string.h>

extern su_log_t nua_log[], nta_log[], tport_log[], iptsec_log[], soa_log[];

/// Keeps the library from writing to standard error: what matters reaches Earshot as events.
static inline void sofia_silence(void) {
  su_log_t *logs[] = {su_log_default, nua_log, nta_log, tport_log, iptsec_log, soa_log};
  for (unsigned i = 0; i < sizeof logs / sizeof *logs; i++) {
    su_log_init(logs[i]);
    su_log_set_level(logs[i], 0);
  }
}

/// Watches `fd` for input in the loop of `root`. Returns a negative number on failure.
static inline int sofia_watch(su_root_t *root, int fd, su_wakeup_f callback, void *argument) {
  su_wait_t wait[1] = {SU_WAIT_INIT};
  if (su_wait_create(wait, fd, SU_WAIT_IN) < 0) return -1;
  return su_root_register(root, wait, callback, argument, su_pri_normal);
}

static inline su_timer_t *sofia_timer(su_root_t *root, su_duration_t milliseconds) {
  return su_timer_create(su_root_task(root), milliseconds);
}

/// The library repeats a request by itself where the answer says to do so within 32 s, and tells nobody: the caller
/// would wait in silence, and the next hop would never be asked. So it reads a time that is longer by this (s).
#define SOFIA_RETRY_OFFSET 1000000

/// Called by the library where a message's header ends, before anybody has judged the message. Its first Via learns
/// where it came from: the library answers some broken requests (400, 505) by the Via's own words otherwise, to an
/// address of the sender's choice, and waits for the name server on the signalling thread to find it. And it isn't
/// shown that a timer is required: it would refuse it (420), or keep one of its own beside ours. Nor that an answer to
/// an INVITE is reliable (RSeq): it would bind the call to the branch that sent it, and hang up on another one that
/// answers. For us the number stands in X-RSeq.
static inline issize_t sofia_extract_body(msg_t *message, msg_pub_t *object, char bytes[], isize_t size, int is_end) {
  sip_t *sip = (sip_t *)object;
  sip_retry_after_t *later = sip->sip_status ? sip->sip_retry_after : NULL;
  if (later && later->af_delta < SOFIA_RETRY_OFFSET) later->af_delta += SOFIA_RETRY_OFFSET;
  // The function for parameters: the one for items finds none.
  if (sip->sip_request && sip->sip_require && sip->sip_require->k_items)
    msg_header_remove_param(sip->sip_require->k_common, "timer");
  if (sip->sip_status && sip->sip_rseq) {
    unsigned long number = sip->sip_rseq->rs_response;
    sip_header_remove(message, sip, (sip_header_t *)sip->sip_rseq);
    sip_add_make(message, sip, sip_unknown_class, su_sprintf(msg_home(message), "X-RSeq: %lu", number));
  }
  sip_via_t *via = sip->sip_request && !(sip->sip_flags & MSG_FLG_BODY) ? sip->sip_via : NULL;
  su_addrinfo_t const *info = via ? msg_addrinfo(message) : NULL;
  char host[64], port[16];
  if (info && info->ai_addr &&
      !getnameinfo(
          info->ai_addr, info->ai_addrlen, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV)) {
    su_home_t *home = msg_home(message);
    msg_header_remove_param(via->v_common, "maddr");
    msg_header_replace_param(home, via->v_common, su_sprintf(home, "received=%s", host));
    msg_header_replace_param(home, via->v_common, su_sprintf(home, "rport=%s", port));
    // The 505 to another version's request has no road of that version to go by.
    if (info->ai_socktype == SOCK_DGRAM && strncasecmp(via->v_protocol, "SIP/2.0/", 8))
      via->v_protocol = sip_transport_udp;
  }
  return sip_extract_body(message, sip, bytes, size, is_end);
}

static inline msg_mclass_t **sofia_messages(void) {
  static msg_mclass_t *messages;
  return &messages;
}

static inline void sofia_make_messages(void) {
  msg_mclass_t *messages = msg_mclass_clone(sip_default_mclass(), 0, 0);
  if (messages) messages->mc_extract_body = sofia_extract_body;
  *sofia_messages() = messages;
}

/// The library's SIP messages with the above. Made once in a process: every message points to it.
static inline msg_mclass_t const *sofia_message_class(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, sofia_make_messages);
  return *sofia_messages();
}

/// A user agent without an SDP engine: it carries descriptions and never looks into them. Nothing is alerted or
/// answered by itself but BYE, CANCEL and the ACK of our own INVITEs. Session timers are ours: without an SDP engine
/// the library would refresh by an INVITE that asks for an offer, or by the first one that was ever made. No message
/// is larger than a datagram could be, or who connects could make us store what he likes.
/// `supported`: extensions of which the library does its part, `100rel`.
/// `events`: event packages that may be subscribed to.
/// `tls_url`: where TLS is spoken, with what lies in the folder `certificates`: `agent.pem` (certificate and key) and
/// `cafile.pem` (who vouches for peers); `policy`: of TPTLS_VERIFY_….
static inline nua_t *sofia_create(
    su_root_t *root, nua_callback_f callback, void *magic, char const *url, char const *agent, char const *allow,
    char const *handled, char const *supported, char const *events, unsigned t1x64,
    char const *tls_url, char const *certificates, unsigned policy) {
  return nua_create(
      root, callback, magic, NUTAG_URL(url), TAG_IF(tls_url, NUTAG_SIPS_URL(tls_url)),
      TAG_IF(tls_url, NUTAG_CERTIFICATE_DIR(certificates)), TAG_IF(tls_url, TPTAG_TLS_VERIFY_POLICY(policy)),
      NUTAG_MEDIA_ENABLE(0), NUTAG_AUTOANSWER(0), NUTAG_AUTOALERT(0),
      NUTAG_AUTOACK(1), NUTAG_ENABLEINVITE(1), NUTAG_SESSION_TIMER(0), SIPTAG_SUPPORTED(NULL),
      TAG_IF(supported, SIPTAG_SUPPORTED_STR(supported)), TAG_IF(events, NUTAG_ALLOW_EVENTS(events)), SIPTAG_ALLOW_STR(allow), NUTAG_APPL_METHOD(NULL), NUTAG_APPL_METHOD(handled), SIPTAG_USER_AGENT_STR(agent),
      NUTAG_OUTBOUND("no-options-keepalive no-validate no-natify"), NTATAG_UDP_MTU(65535),
      NTATAG_MAX_PROCEEDING(20000), NTATAG_SIP_T1X64(t1x64), NTATAG_MERGE_482(1), NTATAG_SERVER_RPORT(2),
      NTATAG_USE_NAPTR(0), NTATAG_USE_SRV(0), NTATAG_MAXSIZE(65535), NTATAG_MCLASS(sofia_message_class()), TAG_END());
}

static inline void sofia_ask_params(nua_t *nua) { nua_get_params(nua, TAG_ANY(), TAG_END()); }

/// The address that the agent is bound to, from the answer to `sofia_ask_params`.
static inline sip_contact_t const *sofia_own_contact(tagi_t const *tags) {
  sip_contact_t const *contact = NULL;
  tl_gets(tags, NTATAG_CONTACT_REF(contact), TAG_END());
  return contact;
}

/// Whether the text is a SIP URI with a host that could be asked for.
static inline int sofia_is_uri(char const *text) {
  su_home_t home[1] = {SU_HOME_INIT(home)};
  url_t *url = url_make(home, text);
  int good = url && (url->url_type == url_sip || url->url_type == url_sips) && url->url_host && *url->url_host;
  su_home_deinit(home);
  return good;
}

static inline nua_handle_t *sofia_handle(
    nua_t *nua, void *magic, char const *uri, char const *from, char const *to, char const *proxy,
    char const *contact_user) {
  nua_handle_t *handle = nua_handle(
      nua, magic, TAG_IF(uri, NUTAG_URL(uri)), TAG_IF(from, SIPTAG_FROM_STR(from)), TAG_IF(to, SIPTAG_TO_STR(to)),
      TAG_IF(contact_user, NUTAG_M_USERNAME(contact_user)), TAG_END());
  // Among the handle's own tags a proxy is passed over.
  if (handle && proxy) nua_set_hparams(handle, NUTAG_PROXY(proxy), TAG_END());
  return handle;
}

/// `headers`: whole header lines, joined by CR LF.
/// `plain`: a header line of which the library takes no notice, although it has a name for it.
static inline void sofia_invite(
    nua_handle_t *handle, char const *sdp, char const *allow, char const *plain, char const *headers) {
  nua_invite(
      handle, TAG_IF(plain, SIPTAG_UNKNOWN_STR(plain)), TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")), TAG_IF(sdp, SIPTAG_PAYLOAD_STR(sdp)),
      TAG_IF(allow, SIPTAG_ALLOW_STR(allow)), TAG_IF(headers, SIPTAG_HEADER_STR(headers)), TAG_END());
}

/// UPDATE (RFC 3311).
static inline void sofia_update(nua_handle_t *handle, char const *sdp, char const *plain, char const *headers) {
  nua_update(
      handle, TAG_IF(plain, SIPTAG_UNKNOWN_STR(plain)), TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
      TAG_IF(sdp, SIPTAG_PAYLOAD_STR(sdp)), TAG_IF(headers, SIPTAG_HEADER_STR(headers)), TAG_END());
}

/// PRACK (RFC 3262) in the early dialog of one branch of the handle's INVITE.
static inline void sofia_prack(
    nua_handle_t *handle, char const *target, char const *to, char const *route, char const *rack) {
  nua_prack(
      handle, NUTAG_URL(target), SIPTAG_TO_STR(to), TAG_IF(route, SIPTAG_ROUTE_STR(route)), SIPTAG_RACK_STR(rack),
      TAG_END());
}

/// The request whose event is being delivered, to be answered later; to be given back by `sofia_forget`.
static inline msg_t *sofia_hold(nua_t *nua) {
  msg_t *message = nua_current_request(nua);
  return message ? msg_ref_create(message) : NULL;
}

static inline void sofia_forget(msg_t *message) { msg_destroy(message); }

/// `with`: the request to answer; NULL, to answer the handle's INVITE.
/// `phrase` must live as long as the handle.
static inline void sofia_respond(
    nua_handle_t *handle, int status, char const *phrase, msg_t *with, char const *sdp, char const *plain,
    char const *headers) {
  nua_respond(
      handle, status, phrase, TAG_IF(with, NUTAG_WITH(with)), TAG_IF(plain, SIPTAG_UNKNOWN_STR(plain)),
      TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")), TAG_IF(sdp, SIPTAG_PAYLOAD_STR(sdp)),
      TAG_IF(headers, SIPTAG_HEADER_STR(headers)), TAG_END());
}

static inline void sofia_set_proxy(nua_handle_t *handle, char const *proxy) {
  nua_set_hparams(handle, NUTAG_PROXY(proxy), TAG_END());
}

static inline void sofia_bye(nua_handle_t *handle, char const *headers) {
  nua_bye(handle, TAG_IF(headers, SIPTAG_HEADER_STR(headers)), TAG_END());
}

static inline void sofia_cancel(nua_handle_t *handle, char const *headers) {
  nua_cancel(handle, TAG_IF(headers, SIPTAG_HEADER_STR(headers)), TAG_END());
}

/// `contact`: NULL for the agent's own.
static inline void sofia_register(
    nua_handle_t *handle, char const *registrar, char const *expires, char const *contact) {
  nua_register(
      handle, NUTAG_REGISTRAR(registrar), SIPTAG_EXPIRES_STR(expires), TAG_IF(contact, SIPTAG_CONTACT_STR(contact)),
      TAG_END());
}

static inline void sofia_unregister(nua_handle_t *handle, char const *registrar) {
  nua_unregister(handle, NUTAG_REGISTRAR(registrar), TAG_END());
}

static inline void sofia_options(nua_handle_t *handle, char const *headers) {
  nua_options(handle, TAG_IF(headers, SIPTAG_HEADER_STR(headers)), TAG_END());
}

static inline void sofia_refer(nua_handle_t *handle, char const *target) {
  nua_refer(handle, SIPTAG_REFER_TO_STR(target), TAG_END());
}

/// How it goes with what the dialog's REFER asked for. `state`: of the subscription that the REFER has made.
static inline void sofia_notify_refer(nua_handle_t *handle, char const *event, char const *state, char const *fragment) {
  nua_notify(
      handle, SIPTAG_EVENT_STR(event), SIPTAG_SUBSCRIPTION_STATE_STR(state),
      SIPTAG_CONTENT_TYPE_STR("message/sipfrag;version=2.0"), SIPTAG_PAYLOAD_STR(fragment), TAG_END());
}

/// SUBSCRIBE (RFC 6665).
static inline void sofia_subscribe(nua_handle_t *handle, char const *event, char const *expires, char const *accept) {
  nua_subscribe(
      handle, SIPTAG_EVENT_STR(event), SIPTAG_EXPIRES_STR(expires), TAG_IF(accept, SIPTAG_ACCEPT_STR(accept)), TAG_END());
}

/// NOTIFY of a subscription that the peer has made.
static inline void sofia_notify(
    nua_handle_t *handle, char const *event, char const *state, char const *type, char const *body) {
  nua_notify(
      handle, SIPTAG_EVENT_STR(event), SIPTAG_SUBSCRIPTION_STATE_STR(state), SIPTAG_CONTENT_TYPE_STR(type),
      SIPTAG_PAYLOAD_STR(body), TAG_END());
}

static inline void sofia_info(nua_handle_t *handle, char const *type, char const *body) {
  nua_info(handle, SIPTAG_CONTENT_TYPE_STR(type), SIPTAG_PAYLOAD_STR(body), TAG_END());
}

/// `credentials`: `Digest:"realm":user:password`.
static inline void sofia_authenticate(nua_handle_t *handle, char const *credentials) {
  nua_authenticate(handle, NUTAG_AUTH(credentials), TAG_END());
}

/// The value of the first header of this name that the library knows, as it would write it; NULL if there is none.
/// To be freed with `su_free(NULL, …)`.
static inline char *sofia_header(sip_t const *sip, char const *name) {
  msg_href_t const *reference = msg_find_hclass(sip_default_mclass(), name, NULL);
  if (!reference || reference->hr_class == sip_unknown_class || !reference->hr_offset) return NULL;
  msg_header_t *header = *(msg_header_t **)((char *)sip + reference->hr_offset);
  return header ? sip_header_as_string(NULL, (sip_header_t const *)header) : NULL;
}

// MARK: Digest

/// Whether a challenge of these parameters can be met.
typedef int sofia_accepts_f(char const *const *parameters);
/// The value of an Authorization header that meets a challenge, or NULL. The caller frees it.
typedef char *sofia_prove_f(
    char const *const *parameters, char const *user, char const *password, char const *method, char const *uri,
    char const *body, size_t size, unsigned count);

/// What the library keeps of a challenge for a dialog: its parameters, and how often its nonce was used.
typedef struct {
  auth_client_t client;
  char **parameters;
  unsigned count;
  /// Challenges of the same message that were looked at with the one before them.
  unsigned seen;
} sofia_digest_t;

typedef struct {
  sofia_accepts_f *accepts;
  sofia_prove_f *prove;
} sofia_digest_calls_t;

static inline sofia_digest_calls_t *sofia_digest_calls(void) {
  static sofia_digest_calls_t calls;
  return &calls;
}

static inline int sofia_same(char const *a, char const *b) { return a && b && strcmp(a, b) == 0; }

/// Keeps the first challenge of a realm that can be met (RFC 8760 section 2.4): a server may offer several functions.
/// 2: new, or the last nonce was stale; 1: as before, so what was said to it was wrong; -1: none can be met.
static inline int sofia_digest_challenge(auth_client_t *client, msg_auth_t const *challenge) {
  sofia_digest_t *digest = (sofia_digest_t *)client;
  if (digest->seen > 0) {
    digest->seen--;
    return 1;
  }
  char const *realm = msg_header_find_param(challenge->au_common, "realm=");
  msg_auth_t const *best = NULL;
  unsigned others = 0;
  for (msg_auth_t const *next = challenge; next; next = next->au_next) {
    if (!next->au_scheme || strcasecmp(next->au_scheme, challenge->au_scheme)) continue;
    if (!sofia_same(msg_header_find_param(next->au_common, "realm="), realm)) continue;
    if (next != challenge) others++;
    if (!best && sofia_digest_calls()->accepts((char const *const *)next->au_params)) best = next;
  }
  if (!best) return -1;
  digest->seen = others;
  char const *stale = msg_header_find_param(best->au_common, "stale=");
  int is_new = !digest->parameters || (stale && strcasestr(stale, "true"));
  size_t count = 0;
  while (best->au_params[count]) count++;
  char **copy = (char **)su_zalloc(client->ca_home, (count + 1) * sizeof(char *));
  if (!copy) return -1;
  for (size_t i = 0; i < count; i++) {
    if (!(copy[i] = su_strdup(client->ca_home, best->au_params[i]))) return -1;
  }
  for (char **old = digest->parameters; old && *old; old++) su_free(client->ca_home, *old);
  su_free(client->ca_home, digest->parameters);
  digest->parameters = copy;
  digest->count = 0;
  return is_new ? 2 : 1;
}

static inline int sofia_digest_authorize(
    auth_client_t *client, su_home_t *home, char const *method, url_t const *url, msg_payload_t const *body,
    msg_header_t **headers) {
  sofia_digest_t *digest = (sofia_digest_t *)client;
  if (!client->ca_user || !client->ca_pass || client->ca_clear || !digest->parameters) return 0;
  char *uri = url_as_string(home, url);
  if (!uri) return -1;
  char *value = sofia_digest_calls()->prove(
      (char const *const *)digest->parameters, client->ca_user, client->ca_pass, method, uri,
      body ? body->pl_data : NULL, body ? body->pl_len : 0, ++digest->count);
  su_free(home, uri);
  if (!value) return -1;
  *headers = msg_header_make(home, client->ca_credential_class, value);
  free(value);
  return *headers ? 0 : -1;
}

static inline int sofia_digest_clear(auth_client_t *client) {
  client->ca_clear = 1;
  return 1;
}

static inline void sofia_register_digest(void) {
  static auth_client_plugin_t const placeholder = {
      .auc_plugin_size = sizeof placeholder, .auc_size = sizeof(auth_client_t), .auc_name = "None",
      .auc_authorize = sofia_digest_authorize};
  static auth_client_plugin_t const plugin = {
      .auc_plugin_size = sizeof plugin, .auc_size = sizeof(sofia_digest_t), .auc_name = "Digest",
      .auc_challenge = sofia_digest_challenge, .auc_authorize = sofia_digest_authorize,
      .auc_clear = sofia_digest_clear};
  // The library compares names the wrong way round: what is registered takes the place of the first that has another
  // name. So ours takes that of a placeholder, which took that of the library's own digest. Where it compares rightly,
  // the placeholder stays behind and is never asked for.
  auc_register_plugin(&placeholder);
  auc_register_plugin(&plugin);
}

/// From now on challenges are met by these, in place of the library's own digest, which knows MD5 alone. To be called
/// once in a process, before the first agent is made: the library's table has no lock.
static inline void sofia_use_digest(sofia_accepts_f *accepts, sofia_prove_f *prove) {
  sofia_digest_calls()->accepts = accepts;
  sofia_digest_calls()->prove = prove;
  sofia_register_digest();
}

/// Where the message of the event being delivered came from; 0 if it has none. `address`: numeric, at least 64 bytes.
static inline int sofia_source(nua_t *nua, char *address, unsigned size, uint16_t *port) {
  msg_t *message = nua_current_request(nua);
  if (!message) return 0;
  su_addrinfo_t const *info = msg_addrinfo(message);
  if (!info || !info->ai_addr) return 0;
  char service[16];
  if (getnameinfo(
          info->ai_addr, info->ai_addrlen, address, size, service, sizeof service, NI_NUMERICHOST | NI_NUMERICSERV))
    return 0;
  *port = (uint16_t)atoi(service);
  return 1;
}

#pragma once
#include <string.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/// A new Ed25519 key; variadic in OpenSSL.
static inline EVP_PKEY *earshot_generate_ed25519(void) { return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"); }

/// A new key of ECDSA on P-256; a macro in OpenSSL.
static inline EVP_PKEY *earshot_generate_p256(void) { return EVP_EC_gen("P-256"); }

// DTLS: macros in OpenSSL.

/// Microseconds until the handshake's timer, 0 if it is due; -1 if none is set.
static inline long earshot_dtls_timeout(SSL *ssl) {
  struct timeval left;
  return DTLSv1_get_timeout(ssl, &left) == 1 ? left.tv_sec * 1000000L + left.tv_usec : -1;
}
static inline long earshot_dtls_handle_timeout(SSL *ssl) { return DTLSv1_handle_timeout(ssl); }
static inline void earshot_dtls_set_mtu(SSL *ssl, long bytes) { DTLS_set_link_mtu(ssl, bytes); SSL_set_mtu(ssl, bytes - 48); }
static inline int earshot_ssl_ctx_use_dtls12(SSL_CTX *context) {
  return SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) && SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION);
}
static inline void earshot_ssl_ctx_no_cache(SSL_CTX *context) { SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); }
static inline void earshot_ssl_ctx_use_any_group(SSL_CTX *context) { SSL_CTX_set1_groups_list(context, "P-256:X25519:P-384"); }
static inline void earshot_bio_set_retry_read(BIO *bio) { BIO_set_retry_read(bio); }
static inline void earshot_bio_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }

// HMAC-SHA1 of SRTP. OpenSSL 3's own asks the heap for memory at each message; these copy two states made once.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
typedef struct {
  SHA_CTX inner;
  SHA_CTX outer;
} earshot_hmac_sha1;

static inline void earshot_hmac_sha1_init(earshot_hmac_sha1 *keyed, const unsigned char *key, size_t count) {
  unsigned char pad[SHA_CBLOCK];
  memset(pad, 0x36, sizeof pad);
  for (size_t i = 0; i < count && i < sizeof pad; i++) pad[i] ^= key[i];
  SHA1_Init(&keyed->inner);
  SHA1_Update(&keyed->inner, pad, sizeof pad);
  for (size_t i = 0; i < sizeof pad; i++) pad[i] ^= 0x36 ^ 0x5c;
  SHA1_Init(&keyed->outer);
  SHA1_Update(&keyed->outer, pad, sizeof pad);
  OPENSSL_cleanse(pad, sizeof pad);
}

/// The 20 bytes over `bytes` and then `tail`.
static inline void earshot_hmac_sha1_make(
  const earshot_hmac_sha1 *keyed, const void *bytes, size_t count, const void *tail, size_t tail_count, unsigned char *digest) {
  SHA_CTX state = keyed->inner;
  SHA1_Update(&state, bytes, count);
  if (tail_count > 0) SHA1_Update(&state, tail, tail_count);
  SHA1_Final(digest, &state);
  state = keyed->outer;
  SHA1_Update(&state, digest, SHA_DIGEST_LENGTH);
  SHA1_Final(digest, &state);
}
#pragma clang diagnostic pop

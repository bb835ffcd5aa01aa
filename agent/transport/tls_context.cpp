#include "transport/tls_context.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "transport/tls_internal.h"

namespace tallyman::transport {
namespace {

std::string openssl_reason() {
  std::string out;
  // The first of the queue is the cause, the later ones say who called.
  if (const unsigned long code = ERR_get_error(); code != 0) {
    const char* const text = ERR_reason_error_string(code);
    out = text != nullptr ? text : "error " + std::to_string(code);
  }
  ERR_clear_error();
  return out.empty() ? "unknown reason" : out;
}

Error bad_file(const char* setting, const std::string& path, const std::string& expected) {
  const std::string reason = openssl_reason();
  const Result<LocalFile> file = read_local_file(path, 16u << 20);
  if (!file) return error(Stage::tls, std::string("tls.") + setting + ": " + file.error().detail);
  return error(Stage::tls, std::string("tls.") + setting + ": " + path + ": " + reason + "; expected " + expected);
}

// Keys with a passphrase would make OpenSSL ask on the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

int on_new_session(SSL* ssl, SSL_SESSION* session) {
  const auto* note = static_cast<HandshakeNote*>(SSL_get_ex_data(ssl, note_index()));
  if (note == nullptr) return 0;
  note->context->sessions[note->session_key] = Session(session);
  return 1;  // ours now
}

std::string printable(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = '?';
  if (text.size() > 100) text.resize(100);
  return text;
}

std::string asn1_text(const ASN1_STRING* text) {
  if (text == nullptr) return {};
  return printable(std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                               static_cast<std::size_t>(ASN1_STRING_length(text))));
}

std::string time_text(const ASN1_TIME* time) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
  if (!out || ASN1_TIME_print(out.get(), time) != 1) return "?";
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

// `CN=a, DNS:b, DNS:c`: what a person needs to see which certificate this is.
std::string describe(X509* certificate) {
  std::string out;
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0) out = "CN=" + asn1_text(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  auto* const names =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names) && i < 3; ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names, i);
    if (name->type == GEN_DNS) out += (out.empty() ? "DNS:" : ", DNS:") + asn1_text(name->d.dNSName);
  }
  GENERAL_NAMES_free(names);
  return out.empty() ? "no name" : out;
}

}  // namespace

int note_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int on_verify(int well, X509_STORE_CTX* store) {
  if (well == 1) return 1;
  auto* const ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* const note = static_cast<HandshakeNote*>(SSL_get_ex_data(ssl, note_index()));
  X509* const certificate = X509_STORE_CTX_get_current_cert(store);
  note->verify_error = X509_STORE_CTX_get_error(store);
  if (certificate != nullptr) {
    note->certificate = describe(certificate);
    note->not_before = time_text(X509_get0_notBefore(certificate));
    note->not_after = time_text(X509_get0_notAfter(certificate));
  }
  return 0;
}

std::vector<std::optional<FileStamp>> TlsContext::stamps() const {
  std::vector<std::optional<FileStamp>> out;
  for (const std::string* path : {&settings.ca, &settings.cert, &settings.key})
    out.push_back(path->empty() ? std::nullopt : stamp_of(*path));
  return out;
}

bool TlsContext::files_changed() const { return stamps() != loaded_; }

Result<std::shared_ptr<TlsContext>> TlsContext::make(const TlsSettings& settings) {
  auto out = std::make_shared<TlsContext>();
  out->settings = settings;
  out->loaded_ = out->stamps();
  const Result<> loaded = out->load();
  if (!loaded) return loaded.error();
  return out;
}

Result<> TlsContext::load() {
  ERR_clear_error();
  SSL_CTX* const ctx = ssl.native_handle();
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_default_passwd_cb(ctx, &no_passphrase);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ctx, &on_new_session);
  if (settings.insecure) {
    SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, nullptr);
  } else {
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, &on_verify);
    if (settings.ca.empty()) {
      SSL_CTX_set_default_verify_paths(ctx);
    } else {
      if (SSL_CTX_load_verify_locations(ctx, settings.ca.c_str(), nullptr) != 1)
        return bad_file("ca", settings.ca, "certificates in PEM form");
      // What the file names is trusted, also when it is an intermediate or the server's own.
      X509_STORE_set_flags(SSL_CTX_get_cert_store(ctx), X509_V_FLAG_PARTIAL_CHAIN);
    }
  }
  if (settings.cert.empty()) return {};
  if (SSL_CTX_use_certificate_chain_file(ctx, settings.cert.c_str()) != 1)
    return bad_file("cert", settings.cert, "a certificate chain in PEM form");
  const std::string& key = settings.key.empty() ? settings.cert : settings.key;
  if (SSL_CTX_use_PrivateKey_file(ctx, key.c_str(), SSL_FILETYPE_PEM) != 1)
    return bad_file("key", key, "a private key in PEM form without a passphrase, the one of " + settings.cert);
  return {};
}

Result<std::shared_ptr<TlsContext>> TlsContexts::get(const TlsSettings& settings) {
  const std::string key = settings.ca + '\0' + settings.cert + '\0' + settings.key + '\0' + settings.server_name +
                          '\0' + (settings.insecure ? "1" : "0");
  const auto known = contexts_.find(key);
  if (known != contexts_.end() && !known->second->files_changed()) return known->second;
  Result<std::shared_ptr<TlsContext>> made = TlsContext::make(settings);
  if (made) contexts_[key] = *made;
  return made;
}

}  // namespace tallyman::transport

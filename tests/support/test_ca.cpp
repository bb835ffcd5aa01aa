#include "support/test_ca.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <stdexcept>

namespace tallyman::test {
namespace {

void check(bool well, const char* what) {
  if (!well) throw std::runtime_error(std::string("test certificate: ") + what);
}

void add_extension(X509* cert, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  check(extension != nullptr, value.c_str());
  X509_add_ext(cert, extension, -1);
  X509_EXTENSION_free(extension);
}

X509* make(const TestCa::Request& request, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key, long serial, bool is_ca) {
  constexpr long day = 24 * 3600;
  X509* const cert = X509_new();
  X509_set_version(cert, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), serial);
  X509_gmtime_adj(X509_getm_notBefore(cert), request.from_day * day);
  X509_gmtime_adj(X509_getm_notAfter(cert), request.to_day * day);
  X509_NAME* const name = X509_get_subject_name(cert);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(request.common_name.c_str()), -1, -1, 0);
  X509_set_issuer_name(cert, X509_get_subject_name(issuer != nullptr ? issuer : cert));
  X509_set_pubkey(cert, key);
  X509* const by = issuer != nullptr ? issuer : cert;
  add_extension(cert, by, NID_basic_constraints, is_ca ? "critical,CA:TRUE" : "CA:FALSE");
  add_extension(cert, by, NID_subject_key_identifier, "hash");
  if (!request.names.empty()) add_extension(cert, by, NID_subject_alt_name, request.names);
  check(X509_sign(cert, issuer_key != nullptr ? issuer_key : key, EVP_sha256()) != 0, "sign");
  return cert;
}

std::FILE* open(const std::string& path) {
  std::FILE* const file = std::fopen(path.c_str(), "w");
  check(file != nullptr, path.c_str());
  return file;
}

void write_cert(const std::string& path, X509* cert) {
  std::FILE* const file = open(path);
  PEM_write_X509(file, cert);
  std::fclose(file);
}

void write_key(const std::string& path, EVP_PKEY* key) {
  std::FILE* const file = open(path);
  PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
}

}  // namespace

struct TestCa::Authority {
  EVP_PKEY* key;
  X509* cert;
};

TestCa::TestCa() {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  check(key != nullptr, "key");
  Request request;
  request.common_name = "Test CA " + folder();  // two authorities are two names
  authority_ = new Authority{key, make(request, key, nullptr, nullptr, 1, true)};
  write_cert(ca(), authority_->cert);
}

TestCa::~TestCa() {
  X509_free(authority_->cert);
  EVP_PKEY_free(authority_->key);
  delete authority_;
}

TestCa::Pair TestCa::issue(const Request& request) {
  const std::string stem = folder_ / std::to_string(++issued_);
  const Pair out{stem + ".pem", stem + ".key"};
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const cert = request.self_signed ? make(request, key, nullptr, nullptr, issued_ + 1, false)
                                         : make(request, key, authority_->cert, authority_->key, issued_ + 1, false);
  write_cert(out.cert, cert);
  write_key(out.key, key);
  X509_free(cert);
  EVP_PKEY_free(key);
  return out;
}

}  // namespace tallyman::test

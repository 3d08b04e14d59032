/* SPDX-License-Identifier: Apache-2.0 */
/* Single DES for VncAuth (RFC 6143, 7.2.2). libcrypto 3 keeps plain DES in its legacy provider, which may be
   absent; triple DES with the same key three times is the same function and is always there. */
#ifndef GATEHOUSE_COPENSSL_SHIM_H
#define GATEHOUSE_COPENSSL_SHIM_H

#include <openssl/evp.h>
#include <string.h>

/* Encrypts 16 bytes in two blocks (ECB) under an 8-byte key. Answers 1 on success. */
static inline int gatehouse_des_encrypt16(const unsigned char *key, const unsigned char *input,
                                          unsigned char *output) {
    unsigned char triple[24];
    memcpy(triple, key, 8);
    memcpy(triple + 8, key, 8);
    memcpy(triple + 16, key, 8);
    int length = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int done = context != NULL
        && EVP_EncryptInit_ex(context, EVP_des_ede3_ecb(), NULL, triple, NULL) == 1
        && EVP_CIPHER_CTX_set_padding(context, 0) == 1
        && EVP_EncryptUpdate(context, output, &length, input, 16) == 1
        && length == 16;
    EVP_CIPHER_CTX_free(context);
    OPENSSL_cleanse(triple, sizeof triple);
    return done;
}

#endif

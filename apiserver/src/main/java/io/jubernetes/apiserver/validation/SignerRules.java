package io.jubernetes.apiserver.validation;

import java.util.List;

/// Names of signers of certificates: a domain and a path below it, such as `example.com/my-signer`.
public final class SignerRules {
    private static final int MAX_DOMAIN = 253;
    private static final int MAX_PATH = 253 + 63 + 1;

    private SignerRules() {}

    /// Reports everything wrong with a signer's name.
    public static void check(Field signer) {
        String text = signer.text();
        if (text.isEmpty()) {
            signer.required("");
            return;
        }
        String[] parts = text.split("/", -1);
        if (parts.length != 2) {
            signer.invalid("must be a fully qualified domain and path of the form 'example.com/signer-name'");
            return;
        }
        String domain = parts[0];
        String path = parts[1];
        signer.invalid(NameRules.subdomain(domain));
        if (domain.split("\\.", -1).length < 2) {
            signer.invalid("should be a domain with at least two segments separated by dots");
        }
        if (path.isEmpty()) {
            signer.invalid("must be a fully qualified domain and path of the form 'example.com/signer-name'");
            return;
        }
        for (String segment : List.of(path.split("\\.", -1))) {
            NameRules.label(segment).forEach(signer::invalid);
        }
        if (path.length() > MAX_PATH || domain.length() > MAX_DOMAIN) {
            signer.tooLong(MAX_DOMAIN + MAX_PATH);
        }
    }
}

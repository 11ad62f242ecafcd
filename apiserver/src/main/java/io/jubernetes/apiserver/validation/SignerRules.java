package io.jubernetes.apiserver.validation;

import io.jubernetes.common.meta.NameRules;
import java.util.List;
import java.util.function.Function;

/// Names of signers: a domain and a path, such as `example.com/signer-name`.
public final class SignerRules {
    /// A domain, a slash, a namespace and a name.
    private static final int MAX_LENGTH = 253 + 1 + 63 + 1 + 253;

    private SignerRules() {}

    /// Reports everything wrong with a signer's name.
    public static void check(Field signer) {
        String name = signer.text();
        if (name.isEmpty()) {
            signer.required("");
            return;
        }
        int slash = name.indexOf('/');
        if (slash < 0 || slash != name.lastIndexOf('/')) {
            signer.invalid("must be a fully qualified domain and path of the form 'example.com/signer-name'");
            return;
        }
        if (name.length() > MAX_LENGTH) {
            signer.tooLong(MAX_LENGTH);
        }
        String domain = name.substring(0, slash);
        String path = name.substring(slash + 1);
        checkParts(signer, domain, NameRules::label);
        if (!domain.contains(".")) {
            signer.invalid(domain, "should be a domain with at least two segments separated by dots");
        }
        checkParts(signer, path, NameRules::subdomain);
    }

    private static void checkParts(Field signer, String dotted, Function<String, List<String>> rule) {
        for (String part : dotted.split("\\.", -1)) {
            rule.apply(part)
                    .forEach(problem -> signer.invalid(dotted, "validating label \"" + part + "\": " + problem));
        }
    }
}

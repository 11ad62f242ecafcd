package io.jubernetes.apiserver.registry.certificates;

import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.NameRules;
import java.util.List;
import java.util.regex.Pattern;

/// Names of signers: a domain and a path, such as `example.com/signer-name`.
final class SignerRules {
    private static final Pattern PATH = Pattern.compile("[a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?");
    /// A domain, a slash, a namespace and a name.
    private static final int MAX_LENGTH = 253 + 1 + 63 + 1 + 253;

    private SignerRules() {}

    static void check(Field signer) {
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
        List<String> problems = NameRules.subdomain(domain);
        problems.forEach(problem -> signer.invalid(domain, "validating label \"" + domain + "\": " + problem));
        if (problems.isEmpty() && domain.split("\\.", -1).length < 2) {
            signer.invalid(domain, "should be a domain with at least two segments separated by dots");
        }
        for (String part : path.split("\\.", -1)) {
            if (!PATH.matcher(part).matches()) {
                signer.invalid(
                        path,
                        "validating label \"" + part
                                + "\": a valid path segment must consist of alphanumeric characters, '-', '_' or '.', "
                                + "and must start and end with an alphanumeric character");
            }
        }
    }
}

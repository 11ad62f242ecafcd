package io.jubernetes.apiserver.validation;

import io.jubernetes.common.meta.NameRules;
import java.util.regex.Pattern;

/// Names of the form `example.com/name`: a domain, and a path below it.
public final class DomainPathRules {
    private static final String HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
    private static final Pattern HTTP_PATH_PATTERN = Pattern.compile(HTTP_PATH);

    private DomainPathRules() {}

    /// Reports what is wrong with a name, at its field.
    public static void check(Field field) {
        String text = field.text();
        if (text.isEmpty()) {
            field.required("");
            return;
        }
        int slash = text.indexOf('/');
        if (slash <= 0 || slash == text.length() - 1) {
            field.invalid("must be a domain-prefixed path (such as \"acme.io/foo\")");
            return;
        }
        String host = text.substring(0, slash);
        String path = text.substring(slash + 1);
        NameRules.subdomain(host).forEach(problem -> field.invalid(host, problem));
        if (!HTTP_PATH_PATTERN.matcher(path).matches()) {
            field.invalid(path, NameRules.pattern("Invalid path", HTTP_PATH));
        }
    }
}

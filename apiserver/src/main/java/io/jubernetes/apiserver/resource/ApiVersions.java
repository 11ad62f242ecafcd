package io.jubernetes.apiserver.resource;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The order of API versions: stable ones before betas before alphas, later ones before earlier ones, and names of
/// another form last, by the alphabet.
public final class ApiVersions {
    private static final Pattern FORM = Pattern.compile("v([1-9][0-9]{0,8})(?:(alpha|beta)([1-9][0-9]{0,8}))?");

    /// Compares versions so that the preferred one comes first.
    public static final Comparator<String> PREFERRED_FIRST =
            Comparator.comparing(ApiVersions::rank).thenComparing(text -> text);

    private record Rank(int stability, long major, long minor) implements Comparable<Rank> {
        @Override
        public int compareTo(Rank other) {
            return Comparator.comparingInt(Rank::stability)
                    .thenComparing(Comparator.comparingLong(Rank::major).reversed())
                    .thenComparing(Comparator.comparingLong(Rank::minor).reversed())
                    .compare(this, other);
        }
    }

    private ApiVersions() {}

    private static Rank rank(String version) {
        Matcher matcher = FORM.matcher(version);
        if (!matcher.matches()) {
            return new Rank(3, 0, 0);
        }
        long major = Long.parseLong(matcher.group(1));
        String stage = matcher.group(2);
        if (stage == null) {
            return new Rank(0, major, 0);
        }
        return new Rank(stage.equals("beta") ? 1 : 2, major, Long.parseLong(matcher.group(3)));
    }
}

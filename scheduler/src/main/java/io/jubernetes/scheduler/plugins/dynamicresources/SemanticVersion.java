package io.jubernetes.scheduler.plugins.dynamicresources;

import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A version as semver.org orders them. What stands behind a `+` is left out: it does not count.
record SemanticVersion(BigInteger major, BigInteger minor, BigInteger patch, List<String> preRelease)
        implements Comparable<SemanticVersion> {
    private static final String NUMBER = "(0|[1-9]\\d*)";
    private static final String WORDS = "([\\w&&[^_]-]+(?:\\.[\\w&&[^_]-]+)*)";
    private static final Pattern FORM =
            Pattern.compile(NUMBER + "\\." + NUMBER + "\\." + NUMBER + "(?:-" + WORDS + ")?(?:\\+" + WORDS + ")?");
    private static final Pattern DIGITS = Pattern.compile("\\d+");
    private static final Pattern LEADING_ZEROS = Pattern.compile("(^v?|\\.)0+(?=\\d)");

    static Optional<SemanticVersion> parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        String words = matcher.group(4);
        return Optional.of(new SemanticVersion(
                new BigInteger(matcher.group(1)),
                new BigInteger(matcher.group(2)),
                new BigInteger(matcher.group(3)),
                words == null ? List.of() : List.of(words.split("\\."))));
    }

    /// Also reads `v1.02` and the like: with a leading `v`, leading zeros, or fewer than three numbers.
    static Optional<SemanticVersion> parseLeniently(String text) {
        int end = 0;
        while (end < text.length() && text.charAt(end) != '-' && text.charAt(end) != '+') {
            end++;
        }
        var numbers =
                new StringBuilder(LEADING_ZEROS.matcher(text.substring(0, end)).replaceAll("$1"));
        if (numbers.indexOf("v") == 0) {
            numbers.deleteCharAt(0);
        }
        for (long dots = numbers.chars().filter(each -> each == '.').count(); dots < 2; dots++) {
            numbers.append(".0");
        }
        return parse(numbers + text.substring(end));
    }

    @Override
    public int compareTo(SemanticVersion other) {
        int result = major.compareTo(other.major);
        result = result != 0 ? result : minor.compareTo(other.minor);
        result = result != 0 ? result : patch.compareTo(other.patch);
        if (result != 0) {
            return result;
        }
        // A version without words comes after those that lead to it.
        if (preRelease.isEmpty() || other.preRelease.isEmpty()) {
            return Boolean.compare(preRelease.isEmpty(), other.preRelease.isEmpty());
        }
        for (int i = 0; i < Math.min(preRelease.size(), other.preRelease.size()); i++) {
            result = compareWords(preRelease.get(i), other.preRelease.get(i));
            if (result != 0) {
                return result;
            }
        }
        return Integer.compare(preRelease.size(), other.preRelease.size());
    }

    private static int compareWords(String a, String b) {
        boolean numeric = DIGITS.matcher(a).matches();
        if (numeric != DIGITS.matcher(b).matches()) {
            return numeric ? -1 : 1;
        }
        return numeric ? new BigInteger(a).compareTo(new BigInteger(b)) : a.compareTo(b);
    }
}

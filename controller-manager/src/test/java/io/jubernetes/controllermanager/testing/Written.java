package io.jubernetes.controllermanager.testing;

import io.jubernetes.common.codec.Json;
import io.jubernetes.common.codec.Yaml;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/// Objects written down in YAML, so that a test shows what matters of them and nothing else.
public final class Written {
    private Written() {}

    public static <T> T as(Class<T> type, String yaml) {
        try {
            return Json.as(Yaml.read(yaml.getBytes(StandardCharsets.UTF_8)), type);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static <T> List<T> all(Class<T> type, String... yaml) {
        return Stream.of(yaml).map(each -> as(type, each)).toList();
    }
}

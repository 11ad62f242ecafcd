package io.jubernetes.apiserver.storage.encryption;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.Yaml;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// An `EncryptionConfiguration`: which resources are encrypted, and with which keys. Immutable.
public final class EncryptionConfiguration {
    private static final Set<Integer> AES_KEYS = Set.of(16, 24, 32);
    private static final int SECRETBOX_KEY = 32;
    private static final String PREFIX = "k8s:enc:";

    private final List<Rule> rules;

    /// @param resources such as `secrets`, `deployments.apps`, `*.apps`, `*.` or `*.*`
    /// @param keys the first encrypts; all of them decrypt
    private record Rule(List<String> resources, List<Key> keys) {}

    /// One key.
    ///
    /// @param prefix of the values it has encrypted; empty for values that are not
    record Key(byte[] prefix, Cipher cipher) {
        boolean isOf(byte[] value) {
            return startsWith(value, prefix);
        }
    }

    private EncryptionConfiguration(List<Rule> rules) {
        this.rules = List.copyOf(rules);
    }

    static boolean startsWith(byte[] value, byte[] prefix) {
        return value.length >= prefix.length
                && java.util.Arrays.equals(value, 0, prefix.length, prefix, 0, prefix.length);
    }

    /// Whether a value is encrypted, whoever has the key.
    static boolean isEncrypted(byte[] value) {
        return startsWith(value, PREFIX.getBytes(StandardCharsets.US_ASCII));
    }

    /// @throws IOException when it is no such configuration; the message says what is wrong, without any key
    public static EncryptionConfiguration parse(byte[] yaml) throws IOException {
        JsonNode root;
        try {
            root = Yaml.read(yaml);
        } catch (IOException e) {
            // The message may quote a line with a key.
            throw new IOException("error decoding encryption provider configuration: it is no YAML");
        }
        if (!root.path("kind").asText("").equals("EncryptionConfiguration")) {
            throw new IOException(
                    "got unexpected config type: " + root.path("kind").asText("none"));
        }
        if (root.path("resources").isEmpty()) {
            throw new IOException("resources: Required value: at least one resource configuration is required");
        }
        List<Rule> rules = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (int i = 0; i < root.path("resources").size(); i++) {
            rules.add(rule(root.path("resources").get(i), "resources[" + i + "]", names));
        }
        return new EncryptionConfiguration(rules);
    }

    private static Rule rule(JsonNode entry, String field, Set<String> names) throws IOException {
        List<String> resources = new ArrayList<>();
        for (JsonNode resource : entry.path("resources")) {
            String name = resource.asText("");
            if (name.isEmpty() || name.equals("*") || name.lastIndexOf('*') > 0 && !name.equals("*.*")) {
                throw new IOException(field + ".resources: Invalid value: \"" + name
                        + "\": use '<resource>.<group>', '*.<group>', '*.' for the core group or '*.*'");
            }
            if (!names.add(name)) {
                throw new IOException(field + ".resources: Invalid value: \"" + name + "\": same resource and group"
                        + " are specified more than once");
            }
            resources.add(name);
        }
        if (resources.isEmpty()) {
            throw new IOException(field + ".resources: Required value: at least one resource must be defined");
        }
        if (entry.path("providers").isEmpty()) {
            throw new IOException(field + ".providers: Required value: at least one provider is required");
        }
        List<Key> keys = new ArrayList<>();
        for (int i = 0; i < entry.path("providers").size(); i++) {
            addKeys(keys, entry.path("providers").get(i), field + ".providers[" + i + "]");
        }
        return new Rule(resources, keys);
    }

    private static void addKeys(List<Key> keys, JsonNode provider, String field) throws IOException {
        if (provider.size() != 1) {
            throw new IOException(
                    field + ": Invalid value: more than one provider specified in a single element, should"
                            + " split into different list elements");
        }
        String kind = provider.fieldNames().next();
        switch (kind) {
            case "identity" -> keys.add(new Key(new byte[0], Cipher.IDENTITY));
            case "aescbc", "aesgcm", "secretbox" -> {
                JsonNode list = provider.path(kind).path("keys");
                if (list.isEmpty()) {
                    throw new IOException(field + "." + kind + ".keys: Required value: at least one key is required");
                }
                Set<String> names = new HashSet<>();
                for (int i = 0; i < list.size(); i++) {
                    String place = field + "." + kind + ".keys[" + i + "]";
                    String name = list.get(i).path("name").asText("");
                    if (name.isEmpty() || name.contains(":") || !names.add(name)) {
                        throw new IOException(place + ".name: a key has a name of its own without colons");
                    }
                    byte[] prefix = (PREFIX + kind + ":v1:" + name + ":").getBytes(StandardCharsets.UTF_8);
                    keys.add(new Key(
                            prefix, cipher(kind, list.get(i).path("secret").asText(""), place)));
                }
            }
            case "kms" ->
                throw new IOException(field + ".kms: this server calls no key management services; use aesgcm,"
                        + " secretbox or aescbc");
            default -> throw new IOException(field + ": there is no provider " + kind);
        }
    }

    private static Cipher cipher(String kind, String secret, String field) throws IOException {
        byte[] key;
        try {
            key = Base64.getDecoder().decode(secret);
        } catch (IllegalArgumentException e) {
            throw new IOException(field + ".secret: Invalid value: REDACTED: secret must be base64 encoded");
        }
        if (key.length == 0) {
            throw new IOException(field + ".secret: Required value: secret must be provided");
        }
        boolean box = kind.equals("secretbox");
        if (box ? key.length != SECRETBOX_KEY : !AES_KEYS.contains(key.length)) {
            throw new IOException(field + ".secret: Invalid value: REDACTED: secret is not of the expected length, got "
                    + key.length + ", expected one of " + (box ? "[32]" : "[16 24 32]"));
        }
        return box ? new SecretBox(key) : new AesCipher(key, kind.equals("aesgcm"));
    }

    /// The keys for a resource, the one that encrypts first; empty when it is not encrypted. What is named before
    /// something wider comes first.
    ///
    /// @param resource such as `secrets` or `deployments.apps`
    Optional<List<Key>> keys(String resource) {
        int dot = resource.indexOf('.');
        String group = dot < 0 ? "" : resource.substring(dot + 1);
        return rules.stream()
                .filter(rule -> rule.resources().contains(resource)
                        || rule.resources().contains("*." + group)
                        || rule.resources().contains("*.*"))
                .findFirst()
                .map(Rule::keys);
    }
}

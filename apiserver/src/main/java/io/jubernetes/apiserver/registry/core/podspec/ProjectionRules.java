package io.jubernetes.apiserver.registry.core.podspec;

import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.LabelSelectorRules;
import io.jubernetes.apiserver.validation.SignerRules;
import io.jubernetes.common.meta.NameRules;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Projected volumes, which put files from several sources into one directory.
final class ProjectionRules {
    private static final long MIN_TOKEN_SECONDS = 600;
    private static final long MAX_TOKEN_SECONDS = 1L << 32;
    private static final List<String> SOURCES = List.of(
            "secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate");
    private static final List<String> KEY_TYPES =
            List.of("RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519");

    private ProjectionRules() {}

    static void check(Field volume, boolean pod, Leniency leniency) {
        Set<String> paths = new HashSet<>();
        for (Field source : volume.get("sources").items()) {
            int found = 0;
            for (String kind : SOURCES) {
                if (source.get(kind).isSet()) {
                    found++;
                    checkSource(kind, source.get(kind), volume, paths, leniency);
                }
            }
            if (found > 1) {
                source.forbidden("may not specify more than 1 volume type per source");
            }
        }
    }

    private static void checkSource(String kind, Field source, Field volume, Set<String> paths, Leniency leniency) {
        switch (kind) {
            case "secret", "configMap" -> {
                source.get("name").requireValue();
                for (Field item : source.get("items").items()) {
                    VolumeRules.checkKeyToPath(item);
                    claim(item.get("path").text(), source.get("name").text(), volume, paths);
                }
            }
            case "downwardAPI" -> {
                for (Field file : source.get("items").items()) {
                    VolumeRules.checkDownwardFile(file, source);
                    String path = file.get("path").text();
                    claim(path, path, volume, paths);
                }
            }
            case "serviceAccountToken" -> checkToken(source, volume, leniency);
            case "clusterTrustBundle" -> {
                checkTrustBundle(source);
                String path = source.get("path").text();
                if (!paths.add(path)) {
                    volume.invalid(path, "conflicting duplicate paths");
                }
            }
            default -> checkCertificate(source, volume, paths);
        }
    }

    private static void claim(String path, String shown, Field volume, Set<String> paths) {
        if (!path.isEmpty() && !paths.add(path)) {
            volume.invalid(shown, "conflicting duplicate paths");
        }
    }

    private static void checkToken(Field token, Field volume, Leniency leniency) {
        Field seconds = token.get("expirationSeconds");
        if (seconds.number() < MIN_TOKEN_SECONDS) {
            seconds.invalid(seconds.number(), "may not specify a duration less than 10 minutes");
        }
        if (seconds.number() > MAX_TOKEN_SECONDS) {
            seconds.invalid("may not specify a duration larger than 2^32 seconds");
        }
        if (token.get("path").isEmpty()) {
            volume.get("path").required("");
        } else if (!leniency.tokenPaths()) {
            PathRules.checkNotReserved(token.get("path"), volume.get("path"));
        }
    }

    private static void checkTrustBundle(Field bundle) {
        Field name = bundle.get("name");
        Field signer = bundle.get("signerName");
        if (name.isSet() && signer.isSet()) {
            bundle.invalid("only one of name and signerName may be used");
        } else if (name.isSet()) {
            if (name.isEmpty()) {
                name.required("must be a valid object name");
            }
            for (String problem : NameRules.subdomain(name.text().replace(':', '.'))) {
                name.invalid("not a valid clustertrustbundlename: " + problem);
            }
            if (bundle.get("labelSelector").isSet()) {
                bundle.get("labelSelector").invalid("labelSelector must be unset if name is specified");
            }
        } else if (signer.isSet()) {
            if (signer.isEmpty()) {
                signer.required("must be a valid signer name");
            }
            SignerRules.check(signer);
            LabelSelectorRules.check(bundle.get("labelSelector"));
        } else {
            bundle.required("either name or signerName must be specified");
        }
        bundle.get("path").requireValue();
        PathRules.checkNotReserved(bundle.get("path"));
    }

    private static void checkCertificate(Field certificate, Field volume, Set<String> paths) {
        SignerRules.check(certificate.get("signerName"));
        certificate.get("keyType").requireListed(KEY_TYPES);
        Field age = certificate.get("maxExpirationSeconds");
        if (age.isSet() && age.number() < 3600) {
            age.invalid("if provided, maxExpirationSeconds must be >= 3600");
        }
        boolean any = false;
        for (String file : List.of("credentialBundlePath", "keyPath", "certificateChainPath")) {
            Field path = certificate.get(file);
            if (path.isEmpty()) {
                continue;
            }
            any = true;
            PathRules.checkNotReserved(path);
            claim(path.text(), path.text(), volume, paths);
        }
        if (!any) {
            certificate.required("specify at least one of credentialBundlePath, keyPath, and certificateChainPath");
        }
    }
}

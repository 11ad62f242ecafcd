package io.jubernetes.apiserver.registry.core.podspec;

import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.common.meta.NameRules;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/// Volumes on storage that the pod names itself: network file systems and disks of clouds.
final class NetworkVolumeRules {
    private static final Pattern IQN = Pattern.compile("iqn\\.\\d{4}-\\d{2}\\.([a-z0-9-.]+)(:([^,;*&$|\\s]+)$|$)");
    private static final Pattern EUI = Pattern.compile("eui\\.[a-fA-F0-9]{16}");
    private static final Pattern NAA = Pattern.compile("naa\\.[a-fA-F0-9]{32}");
    private static final String HOST_PORTS = "must be a host:port pair or multiple pairs separated by commas";

    private NetworkVolumeRules() {}

    static void check(String type, Field source, Field volume) {
        switch (type) {
            // The message calls the volume by a shorter name than its field.
            case "gcePersistentDisk" ->
                checkDisk(
                        Field.at(volume.get("persistentDisk"), "pdName", source),
                        Field.at(volume.get("persistentDisk"), "partition", source));
            case "awsElasticBlockStore" -> checkDisk(source.get("volumeID"), source.get("partition"));
            case "nfs" -> {
                source.get("server").requireValue();
                source.get("path").requireValue();
                if (!source.get("path").text().startsWith("/")) {
                    source.get("path").invalid(source.get("path").text(), "must be an absolute path");
                }
            }
            case "iscsi" -> checkIscsi(source);
            case "glusterfs" -> requireAll(source, "endpoints", "path");
            case "flocker" -> checkFlocker(source);
            case "rbd" -> requireAll(source, "monitors", "image");
            case "cephfs" -> requireAll(source, "monitors");
            case "cinder" -> {
                requireAll(source, "volumeID");
                requireSecretName(source);
            }
            case "quobyte" -> checkQuobyte(source);
            case "fc" -> checkFibreChannel(source);
            case "flexVolume" -> checkFlex(source);
            case "azureFile" -> requireAll(source, "secretName", "shareName");
            case "vsphereVolume" -> requireAll(source, "volumePath");
            case "photonPersistentDisk" -> requireAll(source, "pdID");
            case "portworxVolume" -> requireAll(source, "volumeID");
            case "azureDisk" -> checkAzureDisk(source);
            case "storageos" -> checkStorageOs(source);
            case "scaleIO" -> requireAll(source, "gateway", "system", "volumeName");
            default -> throw new IllegalArgumentException("no such volume type: " + type);
        }
    }

    private static void requireAll(Field source, String... fields) {
        for (String field : fields) {
            source.get(field).requireValue();
        }
    }

    private static void requireSecretName(Field source) {
        if (source.get("secretRef").isSet()) {
            source.get("secretRef").get("name").requireValue();
        }
    }

    private static void checkDisk(Field id, Field partition) {
        id.requireValue();
        if (partition.number() < 0 || partition.number() > 255) {
            partition.invalid("must be between 0 and 255, inclusive");
        }
    }

    private static void checkIscsi(Field source) {
        source.get("targetPortal").requireValue();
        Field iqn = source.get("iqn");
        if (iqn.requireValue()) {
            checkInitiator(iqn, iqn.text(), iqn);
        }
        Field lun = source.get("lun");
        if (lun.number() < 0 || lun.number() > 255) {
            lun.invalid("must be between 0 and 255, inclusive");
        }
        boolean chap = source.get("chapAuthDiscovery").isTrue()
                || source.get("chapAuthSession").isTrue();
        if (chap && !source.get("secretRef").isSet()) {
            source.get("secretRef").required("");
        }
        Field initiator = source.get("initiatorName");
        if (initiator.isSet()) {
            checkInitiator(initiator, initiator.text(), source.get("initiatorname"));
        }
    }

    private static void checkInitiator(Field value, String text, Field place) {
        if (text.startsWith("iqn")) {
            report(IQN, text, place);
        } else if (text.startsWith("eui")) {
            report(EUI, text, place);
        } else if (text.startsWith("naa")) {
            report(NAA, text, place);
        } else {
            place.invalid(value.text(), "must be valid format starting with iqn, eui, or naa");
        }
    }

    private static void report(Pattern form, String text, Field place) {
        if (!form.matcher(text).matches()) {
            place.invalid(text, "must be valid format");
        }
    }

    private static void checkFlocker(Field source) {
        Field name = source.get("datasetName");
        Field id = source.get("datasetUUID");
        if (name.isEmpty() && id.isEmpty()) {
            source.required("one of datasetName and datasetUUID is required");
        }
        if (!name.isEmpty() && !id.isEmpty()) {
            source.invalid("resource", "datasetName and datasetUUID can not be specified simultaneously");
        }
        if (name.text().contains("/")) {
            name.invalid("must not contain '/'");
        }
    }

    private static void checkQuobyte(Field source) {
        Field registry = source.get("registry");
        if (registry.isEmpty()) {
            registry.required(HOST_PORTS);
        } else if (source.get("tenant").text().length() >= 65) {
            source.get("tenant").required("must be a UUID and may not exceed a length of 64 characters");
        } else {
            for (String pair : registry.text().split(",", -1)) {
                int colon = pair.lastIndexOf(':');
                boolean bracketed = pair.startsWith("[") && pair.indexOf("]:") == colon - 1;
                if (colon < 0 || !bracketed && pair.indexOf(':') != colon) {
                    registry.invalid(HOST_PORTS);
                }
            }
        }
        source.get("volume").requireValue();
    }

    private static void checkFibreChannel(Field source) {
        Field targets = source.get("targetWWNs");
        Field ids = source.get("wwids");
        if (targets.isEmpty() && ids.isEmpty()) {
            targets.required("must specify either targetWWNs or wwids, but not both");
        }
        if (!targets.isEmpty() && !ids.isEmpty()) {
            targets.invalid("targetWWNs and wwids can not be specified simultaneously");
        }
        if (!targets.isEmpty()) {
            Field lun = source.get("lun");
            if (!lun.isSet()) {
                lun.required("lun is required if targetWWNs is specified");
            } else {
                lun.requireBetween(0, 255);
            }
        }
    }

    private static void checkFlex(Field source) {
        source.get("driver").requireValue();
        source.get("options").entries().forEach((key, place) -> {
            int slash = key.indexOf('/');
            String domain = "." + (slash < 0 ? key : key.substring(0, slash)).toLowerCase(Locale.ROOT);
            if (domain.endsWith(".kubernetes.io") || domain.endsWith(".k8s.io")) {
                place.invalid(key, "kubernetes.io and k8s.io namespaces are reserved");
            }
        });
    }

    private static void checkAzureDisk(Field source) {
        requireAll(source, "diskName", "diskURI");
        source.get("cachingMode").requireOneOf(List.of("None", "ReadOnly", "ReadWrite"));
        Field kind = source.get("kind");
        kind.requireOneOf(List.of("Dedicated", "Managed", "Shared"));
        Field uri = source.get("diskURI");
        if (!kind.isSet()) {
            return;
        }
        boolean managed = kind.text().equals("Managed");
        if (managed && !uri.text().startsWith("/subscriptions/")) {
            uri.notSupported(List.of(
                    "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"));
        }
        if (!managed && !uri.text().startsWith("https://")) {
            uri.notSupported(List.of("https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"));
        }
    }

    private static void checkStorageOs(Field source) {
        if (source.get("volumeName").requireValue()) {
            source.get("volumeName").requireForm(NameRules::label);
        }
        if (!source.get("volumeNamespace").isEmpty()) {
            source.get("volumeNamespace").requireForm(NameRules::label);
        }
        requireSecretName(source);
    }
}

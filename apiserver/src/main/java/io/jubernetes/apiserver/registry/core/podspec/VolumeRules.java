package io.jubernetes.apiserver.registry.core.podspec;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.QuantityRules;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.meta.NameRules;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// The volumes of a pod: each of exactly one type, and what that type needs.
final class VolumeRules {
    private static final int MAX_MODE = 0777;
    private static final String BAD_MODE = "must be a number between 0 and 0777 (octal), both inclusive";
    private static final List<String> HOST_PATH_TYPES = List.of(
            "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket");
    private static final int MAX_DRIVER = 63;

    /// The types in the order in which they are looked at; the first found is the volume's.
    private static final List<String> TYPES = List.of(
            "emptyDir",
            "hostPath",
            "gitRepo",
            "gcePersistentDisk",
            "awsElasticBlockStore",
            "secret",
            "nfs",
            "iscsi",
            "glusterfs",
            "flocker",
            "persistentVolumeClaim",
            "rbd",
            "cinder",
            "cephfs",
            "quobyte",
            "downwardAPI",
            "fc",
            "flexVolume",
            "configMap",
            "azureFile",
            "vsphereVolume",
            "photonPersistentDisk",
            "portworxVolume",
            "azureDisk",
            "storageos",
            "projected",
            "scaleIO",
            "csi",
            "ephemeral",
            "image");

    /// Types whose path in messages differs from their field.
    private static final Map<String, String> SHOWN_WHEN_REPEATED =
            Map.of("cephfs", "cephFS", "downwardAPI", "downwarAPI");

    private VolumeRules() {}

    /// Reports problems with all volumes.
    ///
    /// @param podName the pod's name, after which claims of ephemeral volumes are named; empty for templates
    /// @return the volumes that can be mounted, by name
    static Map<String, JsonNode> check(Field volumes, String podName, boolean pod, Leniency leniency) {
        Set<String> names = new HashSet<>();
        Map<String, JsonNode> usable = new LinkedHashMap<>();
        Set<String> claims = new HashSet<>();
        for (Field volume : volumes.items()) {
            if (volume.value().has("ephemeral")) {
                claims.add(podName + "-" + volume.get("name").text());
            }
        }
        for (Field volume : volumes.items()) {
            int before = volumes.causes().size();
            Field name = volume.get("name");
            checkType(volume, podName, pod, leniency);
            if (name.requireValue()) {
                name.requireForm(NameRules::label);
            }
            if (names.contains(name.text())) {
                name.duplicate();
            }
            boolean sound = volumes.causes().size() == before;
            if (sound) {
                names.add(name.text());
                usable.put(name.text(), volume.value());
            }
            Field claim = volume.get("persistentVolumeClaim");
            if (claim.isSet()
                    && !podName.isEmpty()
                    && claims.contains(claim.get("claimName").text())) {
                claim.get("claimName").invalid("must not reference a PVC that gets created for an ephemeral volume");
            }
        }
        return usable;
    }

    private static void checkType(Field volume, String podName, boolean pod, Leniency leniency) {
        boolean found = false;
        for (String type : TYPES) {
            Field source = volume.get(type);
            if (!source.isSet()) {
                continue;
            }
            if (found) {
                volume.get(SHOWN_WHEN_REPEATED.getOrDefault(type, type))
                        .forbidden("may not specify more than 1 volume type");
            } else {
                checkSource(type, source, volume, podName, pod, leniency);
            }
            found = true;
            if (type.equals("iscsi")) {
                checkPortalLength(volume, source);
            }
        }
        if (!found) {
            volume.required("must specify a volume type");
        }
    }

    private static void checkSource(
            String type, Field source, Field volume, String podName, boolean pod, Leniency leniency) {
        switch (type) {
            case "emptyDir" -> {
                if (QuantityRules.amount(source.get("sizeLimit")).signum() < 0) {
                    source.get("sizeLimit").forbidden("SizeLimit field must be a valid resource quantity");
                }
            }
            case "hostPath" -> checkHostPath(source);
            case "gitRepo" -> {
                source.get("repository").requireValue();
                PathRules.checkDescending(source.get("directory"));
            }
            case "secret" -> {
                source.get("secretName").requireValue();
                checkMode(source.get("defaultMode"));
                source.get("items").items().forEach(VolumeRules::checkKeyToPath);
            }
            case "configMap" -> {
                source.get("name").requireValue();
                checkMode(source.get("defaultMode"));
                source.get("items").items().forEach(VolumeRules::checkKeyToPath);
            }
            case "persistentVolumeClaim" -> source.get("claimName").requireValue();
            case "downwardAPI" -> {
                checkMode(source.get("defaultMode"));
                source.get("items").items().forEach(file -> checkDownwardFile(file, source));
            }
            case "projected" -> {
                checkMode(source.get("defaultMode"));
                ProjectionRules.check(source, pod, leniency);
            }
            case "csi" -> checkCsi(source);
            case "ephemeral" -> checkEphemeral(source, volume, podName);
            case "image" -> {
                if (pod) {
                    source.get("reference").requireValue();
                }
                ContainerRules.checkPullPolicy(source.get("pullPolicy"));
            }
            default -> NetworkVolumeRules.check(type, source, volume);
        }
    }

    private static void checkHostPath(Field source) {
        Field path = source.get("path");
        if (!path.requireValue()) {
            return;
        }
        PathRules.checkNoBacksteps(path);
        source.get("type").requireOneOf(HOST_PATH_TYPES);
    }

    static void checkMode(Field mode) {
        if (mode.isSet() && (mode.number() > MAX_MODE || mode.number() < 0)) {
            mode.invalid(BAD_MODE);
        }
    }

    static void checkKeyToPath(Field item) {
        item.get("key").requireValue();
        item.get("path").requireValue();
        PathRules.checkNotReserved(item.get("path"));
        checkMode(item.get("mode"));
    }

    /// Problems with files are shown at the volume that has them, without the file's index.
    ///
    /// @param place the volume's source
    static void checkDownwardFile(Field file, Field place) {
        Field path = file.get("path");
        if (path.isEmpty()) {
            place.get("path").required("");
        }
        PathRules.checkNotReserved(path, place.get("path"));
        Field field = Field.at(place, "fieldRef", file);
        Field resource = Field.at(place, "resourceFieldRef", file);
        if (field.isSet()) {
            DownwardRules.checkField(field, DownwardRules.Use.FILE);
            if (resource.isSet()) {
                place.invalid("resource", "fieldRef and resourceFieldRef can not be specified simultaneously");
            }
        } else if (resource.isSet()) {
            DownwardRules.checkResource(resource, DownwardRules.Use.FILE);
        } else {
            place.required("one of fieldRef and resourceFieldRef is required");
        }
        checkMode(Field.at(place, "mode", file));
    }

    private static void checkCsi(Field source) {
        checkDriverName(source.get("driver"));
        Field secret = source.get("nodePublishSecretRef");
        if (secret.isSet() && secret.get("name").requireValue()) {
            String name = secret.get("name").text();
            NameRules.subdomain(name).forEach(problem -> source.get("name").invalid(name, problem));
        }
    }

    static void checkDriverName(Field driver) {
        driver.requireValue();
        if (driver.text().length() > MAX_DRIVER) {
            driver.tooLong(MAX_DRIVER);
        }
        driver.invalid(NameRules.subdomain(driver.text().toLowerCase(Locale.ROOT)));
    }

    private static void checkEphemeral(Field source, Field volume, String podName) {
        Field template = source.get("volumeClaimTemplate");
        if (!template.isSet()) {
            template.required("");
        } else {
            ClaimTemplateRules.check(template);
        }
        String name = volume.get("name").text();
        if (!podName.isEmpty() && !name.isEmpty()) {
            String claim = podName + "-" + name;
            for (String problem : NameRules.subdomain(claim)) {
                volume.get("name").invalid(name, "PVC name " + Json.text(claim) + ": " + problem);
            }
        }
    }

    private static void checkPortalLength(Field volume, Field source) {
        String name = volume.get("name").text();
        if (source.get("initiatorName").isSet()
                && (name + ":" + source.get("targetPortal").text()).length() > 64) {
            volume.get("name")
                    .invalid(
                            name,
                            "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if"
                                    + " iscsi.initiatorName is specified.");
        }
    }
}

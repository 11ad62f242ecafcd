package io.jubernetes.apiserver.registry.core;

import io.jubernetes.apiserver.registry.storage.DriverRules;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.common.meta.NameRules;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// The sources of persistent volumes: exactly one, with what it needs.
final class VolumeSourceRules {
    private static final List<String> HOST_PATH_TYPES = List.of(
            "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket");
    private static final Map<String, Consumer<Field>> SOURCES = new LinkedHashMap<>();

    static {
        SOURCES.put("hostPath", VolumeSourceRules::checkHostPath);
        SOURCES.put("gcePersistentDisk", disk -> checkDisk(disk, "pdName"));
        SOURCES.put("awsElasticBlockStore", disk -> checkDisk(disk, "volumeID"));
        SOURCES.put("glusterfs", source -> require(source, "endpoints", "path"));
        SOURCES.put("flocker", VolumeSourceRules::checkFlocker);
        SOURCES.put("nfs", VolumeSourceRules::checkNfs);
        SOURCES.put("rbd", source -> require(source, "monitors", "image"));
        SOURCES.put("quobyte", source -> require(source, "registry", "volume"));
        SOURCES.put("cephfs", source -> require(source, "monitors"));
        SOURCES.put("iscsi", VolumeSourceRules::checkIscsi);
        SOURCES.put("cinder", VolumeSourceRules::checkCinder);
        SOURCES.put("fc", VolumeSourceRules::checkFibreChannel);
        SOURCES.put("flexVolume", VolumeSourceRules::checkFlex);
        SOURCES.put("azureFile", VolumeSourceRules::checkAzureFile);
        SOURCES.put("vsphereVolume", source -> require(source, "volumePath"));
        SOURCES.put("photonPersistentDisk", source -> require(source, "pdID"));
        SOURCES.put("portworxVolume", source -> require(source, "volumeID"));
        SOURCES.put("azureDisk", VolumeSourceRules::checkAzureDisk);
        SOURCES.put("scaleIO", source -> require(source, "gateway", "system", "volumeName"));
        SOURCES.put("local", VolumeSourceRules::checkLocal);
        SOURCES.put("storageos", VolumeSourceRules::checkStorageOs);
        SOURCES.put("csi", VolumeSourceRules::checkCsi);
    }

    private VolumeSourceRules() {}

    static void check(Field spec) {
        boolean found = false;
        for (var entry : SOURCES.entrySet()) {
            Field source = spec.get(entry.getKey());
            if (!source.isSet()) {
                continue;
            }
            if (found) {
                source.forbidden("may not specify more than 1 volume type");
            } else {
                found = true;
                entry.getValue().accept(source);
                if (entry.getKey().equals("local") && !spec.get("nodeAffinity").isSet()) {
                    spec.get("nodeAffinity").required("Local volume requires node affinity");
                }
            }
        }
        if (!found) {
            spec.required("must specify a volume type");
        }
    }

    private static void require(Field source, String... fields) {
        for (String field : fields) {
            source.get(field).requireValue();
        }
    }

    private static void checkNoBacksteps(Field path) {
        if (List.of(path.text().split("/", -1)).contains("..")) {
            path.invalid("must not contain '..'");
        }
    }

    private static void checkHostPath(Field source) {
        Field path = source.get("path");
        if (path.requireValue()) {
            checkNoBacksteps(path);
        }
        source.get("type").requireOneOf(HOST_PATH_TYPES);
    }

    private static void checkDisk(Field source, String name) {
        require(source, name);
        Field partition = source.get("partition");
        if (partition.number() < 0 || partition.number() > 255) {
            partition.invalid("must be between 1 and 255, inclusive");
        }
    }

    private static void checkFlocker(Field source) {
        Field name = source.get("datasetName");
        if (name.isEmpty() && source.get("datasetUUID").isEmpty()) {
            source.required("one of datasetName and datasetUUID is required");
        }
        if (!name.isEmpty() && !source.get("datasetUUID").isEmpty()) {
            source.invalid("resource", "datasetName and datasetUUID can not be specified simultaneously");
        }
        if (name.text().contains("/")) {
            name.invalid("must not contain '/'");
        }
    }

    private static void checkNfs(Field source) {
        require(source, "server", "path");
        if (!source.get("path").text().startsWith("/")) {
            source.get("path").invalid(source.get("path").text(), "must be an absolute path");
        }
    }

    private static void checkIscsi(Field source) {
        require(source, "targetPortal");
        Field iqn = source.get("iqn");
        if (iqn.requireValue() && List.of("iqn", "eui", "naa").stream().noneMatch(iqn.text()::startsWith)) {
            iqn.invalid("must be valid format starting with iqn, eui, or naa");
        }
        checkLun(source.get("lun"));
        boolean secret = source.get("secretRef").isSet();
        if ((source.get("chapAuthDiscovery").isTrue()
                        || source.get("chapAuthSession").isTrue())
                && !secret) {
            source.get("secretRef").required("");
        }
        if (secret) {
            require(source.get("secretRef"), "name");
        }
    }

    private static void checkLun(Field lun) {
        if (lun.number() < 0 || lun.number() > 255) {
            lun.invalid("must be between 0 and 255, inclusive");
        }
    }

    private static void checkCinder(Field source) {
        require(source, "volumeID");
        if (source.get("secretRef").isSet()) {
            require(source.get("secretRef"), "name", "namespace");
        }
    }

    private static void checkFibreChannel(Field source) {
        Field names = source.get("targetWWNs");
        Field ids = source.get("wwids");
        if (names.isEmpty() && ids.isEmpty()) {
            names.required("must specify either targetWWNs or wwids, but not both");
        }
        if (!names.isEmpty() && !ids.isEmpty()) {
            names.invalid("targetWWNs and wwids can not be specified simultaneously");
        }
        if (!names.isEmpty()) {
            if (source.get("lun").isSet()) {
                checkLun(source.get("lun"));
            } else {
                source.get("lun").required("lun is required if targetWWNs is specified");
            }
        }
    }

    private static void checkFlex(Field source) {
        require(source, "driver");
        source.get("options").entries().forEach((key, value) -> {
            String domain = key.contains("/") ? key.substring(0, key.indexOf('/')) : "";
            if (domain.equals("kubernetes.io")
                    || domain.endsWith(".kubernetes.io")
                    || domain.equals("k8s.io")
                    || domain.endsWith(".k8s.io")) {
                value.invalid(key, "kubernetes.io and k8s.io namespaces are reserved");
            }
        });
    }

    private static void checkAzureFile(Field source) {
        require(source, "secretName", "shareName");
        Field namespace = source.get("secretNamespace");
        if (namespace.isSet() && namespace.isEmpty()) {
            namespace.invalid("secretNamespace is invalid");
        }
    }

    private static void checkAzureDisk(Field source) {
        require(source, "diskName", "diskURI");
        source.get("cachingMode").requireOneOf(List.of("None", "ReadOnly", "ReadWrite"));
        source.get("kind").requireOneOf(List.of("Dedicated", "Managed", "Shared"));
    }

    private static void checkLocal(Field source) {
        if (source.get("path").requireValue()) {
            checkNoBacksteps(source.get("path"));
        }
    }

    private static void checkStorageOs(Field source) {
        Field name = source.get("volumeName");
        if (name.requireValue()) {
            name.requireForm(NameRules::label);
        }
        if (!source.get("volumeNamespace").isEmpty()) {
            source.get("volumeNamespace").requireForm(NameRules::label);
        }
        if (source.get("secretRef").isSet()) {
            require(source.get("secretRef"), "name", "namespace");
        }
    }

    private static void checkCsi(Field source) {
        DriverRules.checkName(source.get("driver"));
        require(source, "volumeHandle");
        for (String secret : List.of(
                "controllerPublishSecretRef",
                "controllerExpandSecretRef",
                "nodePublishSecretRef",
                "nodeExpandSecretRef")) {
            Field reference = source.get(secret);
            if (reference.isSet()) {
                if (reference.get("name").requireValue()) {
                    reference.get("name").requireForm(NameRules::subdomain);
                }
                if (reference.get("namespace").requireValue()) {
                    reference.get("namespace").requireForm(NameRules::label);
                }
            }
        }
    }
}

package io.jubernetes.apiserver.registry.core.podspec;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.validation.Field;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Where containers see volumes, as files or as block devices.
final class MountRules {
    private static final List<String> PROPAGATIONS = List.of("Bidirectional", "HostToContainer", "None");
    private static final List<String> RECURSIVE = List.of("Disabled", "Enabled", "IfPossible");

    private MountRules() {}

    private static Map<String, String> paths(Field list, String pathField) {
        Map<String, String> paths = new HashMap<>();
        for (Field item : list.items()) {
            paths.put(item.get("name").text(), item.get(pathField).text());
        }
        return paths;
    }

    static void checkMounts(Field container, SpecScope scope) {
        Field mounts = container.get("volumeMounts");
        Map<String, String> devices = paths(container.get("volumeDevices"), "devicePath");
        Set<String> seen = new HashSet<>();
        for (Field mount : mounts.items()) {
            Field name = mount.get("name");
            name.requireValue();
            if (!scope.volumes().containsKey(name.text())) {
                name.notFound();
            }
            Field path = mount.get("mountPath");
            path.requireValue();
            if (!seen.add(path.text())) {
                path.invalid("must be unique");
            }
            if (devices.containsKey(name.text())) {
                name.invalid("must not already exist in volumeDevices");
            }
            if (devices.containsValue(path.text())) {
                path.invalid("must not already exist as a path in volumeDevices");
            }
            checkSubPaths(mounts, mount);
            Field propagation = mount.get("mountPropagation");
            if (propagation.isSet()) {
                checkPropagation(mounts.get("mountPropagation"), propagation.text(), container);
            }
            if (mount.get("recursiveReadOnly").isSet()) {
                checkRecursive(mounts.get("recursiveReadOnly"), mount);
            }
        }
    }

    private static void checkSubPaths(Field mounts, Field mount) {
        Field path = mount.get("subPath");
        Field expression = mount.get("subPathExpr");
        if (!path.isEmpty()) {
            // The list, not the mount, is shown as the place.
            PathRules.checkDescending(path, mounts.get("subPath"));
        }
        if (!expression.isEmpty()) {
            if (!path.isEmpty()) {
                expression.invalid("subPathExpr and subPath are mutually exclusive");
            }
            PathRules.checkDescending(expression, mounts.get("subPathExpr"));
        }
    }

    private static void checkPropagation(Field place, String mode, Field container) {
        if (!PROPAGATIONS.contains(mode)) {
            place.report(Cause.notSupported(place.path(), mode, PROPAGATIONS));
        }
        boolean privileged = container.get("securityContext").get("privileged").isTrue();
        if (mode.equals("Bidirectional") && !privileged) {
            place.forbidden("Bidirectional mount propagation is available only to privileged containers");
        }
    }

    private static void checkRecursive(Field place, Field mount) {
        String mode = mount.get("recursiveReadOnly").text();
        switch (mode) {
            case "Disabled" -> {}
            case "Enabled", "IfPossible" -> {
                if (!mount.get("readOnly").isTrue()) {
                    place.forbidden("may only be specified when readOnly is true");
                }
                Field propagation = mount.get("mountPropagation");
                if (propagation.isSet() && !propagation.text().equals("None")) {
                    place.forbidden("may only be specified when mountPropagation is None or not specified");
                }
            }
            default -> place.report(Cause.notSupported(place.path(), mode, RECURSIVE));
        }
    }

    static void checkDevices(Field container, SpecScope scope) {
        Map<String, String> mounts = paths(container.get("volumeMounts"), "mountPath");
        Set<String> paths = new HashSet<>();
        Set<String> names = new HashSet<>();
        for (Field device : container.get("volumeDevices").items()) {
            Field name = device.get("name");
            Field path = device.get("devicePath");
            name.requireValue();
            if (names.contains(name.text())) {
                name.invalid("must be unique");
            }
            JsonNode volume = scope.volumes().get(name.text());
            if (volume == null) {
                name.notFound();
            } else if (!volume.has("persistentVolumeClaim") && !volume.has("ephemeral")) {
                name.invalid("can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
            }
            path.requireValue();
            if (paths.contains(path.text())) {
                path.invalid("must be unique");
            }
            if (PathRules.hasBackstep(path.text())) {
                path.invalid("can not contain backsteps ('..')");
            } else {
                paths.add(path.text());
            }
            if (mounts.containsKey(name.text())) {
                name.invalid("must not already exist in volumeMounts");
            }
            if (mounts.containsValue(path.text())) {
                path.invalid("must not already exist as a path in volumeMounts");
            }
            if (!name.isEmpty()) {
                names.add(name.text());
            }
        }
    }
}

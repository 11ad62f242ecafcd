package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.Meta;

/// What the sources of volumes are when nothing is said.
final class VolumeSourceDefaults {
    private VolumeSourceDefaults() {}

    static void apply(ObjectNode spec) {
        if (spec.get("hostPath") instanceof ObjectNode host && !host.hasNonNull("type")) {
            host.put("type", "");
        }
        if (spec.get("iscsi") instanceof ObjectNode iscsi) {
            Meta.defaultTo(iscsi, "iscsiInterface", "default");
        }
        if (spec.get("rbd") instanceof ObjectNode rbd) {
            Meta.defaultTo(rbd, "pool", "rbd");
            Meta.defaultTo(rbd, "user", "admin");
            Meta.defaultTo(rbd, "keyring", "/etc/ceph/keyring");
        }
        if (spec.get("azureDisk") instanceof ObjectNode disk) {
            Meta.defaultTo(disk, "cachingMode", "ReadWrite");
            Meta.defaultTo(disk, "kind", "Shared");
            Meta.defaultTo(disk, "fsType", "ext4");
            Meta.defaultTo(disk, "readOnly", false);
        }
        if (spec.get("scaleIO") instanceof ObjectNode scale) {
            Meta.defaultTo(scale, "storageMode", "ThinProvisioned");
            Meta.defaultTo(scale, "fsType", "xfs");
        }
    }
}

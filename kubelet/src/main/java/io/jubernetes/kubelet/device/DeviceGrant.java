package io.jubernetes.kubelet.device;

import io.jubernetes.kubelet.runtime.ContainerSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a container gets with its devices.
///
/// @param ids the devices by resource
public record DeviceGrant(
        Map<String, List<String>> ids,
        Map<String, String> env,
        List<ContainerSpec.Mount> mounts,
        List<ContainerSpec.Device> devices) {
    public static final DeviceGrant NOTHING = new DeviceGrant(Map.of(), Map.of(), List.of(), List.of());

    public DeviceGrant {
        ids = Map.copyOf(ids);
        env = Map.copyOf(env);
        mounts = List.copyOf(mounts);
        devices = List.copyOf(devices);
    }

    /// Both together.
    public DeviceGrant and(DeviceGrant other) {
        Map<String, List<String>> allIds = new LinkedHashMap<>(ids);
        allIds.putAll(other.ids);
        Map<String, String> allEnv = new LinkedHashMap<>(env);
        allEnv.putAll(other.env);
        var allMounts = new ArrayList<>(mounts);
        allMounts.addAll(other.mounts);
        var allDevices = new ArrayList<>(devices);
        allDevices.addAll(other.devices);
        return new DeviceGrant(allIds, allEnv, allMounts, allDevices);
    }
}

package io.jubernetes.kubelet.claim;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// A claim of this node's pods.
///
/// @param drivers those of its devices
/// @param pods the uids of those who use it here
/// @param prepared whether all drivers have said yes
/// @param devices what they prepared
record PreparedClaim(
        String namespace,
        String name,
        String uid,
        Set<String> drivers,
        Set<String> pods,
        boolean prepared,
        List<Device> devices) {
    /// @param requests those of the claim that it is for; none for all
    /// @param cdiIds `vendor/class=name` each
    record Device(String driver, List<String> requests, String pool, String name, List<String> cdiIds) {
        Device {
            requests = List.copyOf(requests);
            cdiIds = List.copyOf(cdiIds);
        }

        /// @param request of the claim; empty for any
        boolean serves(String request) {
            return request.isEmpty() || requests.isEmpty() || requests.contains(request);
        }
    }

    PreparedClaim {
        drivers = Set.copyOf(drivers);
        pods = Set.copyOf(pods);
        devices = List.copyOf(devices);
    }

    PreparedClaim withPod(String podUid) {
        var more = new HashSet<>(pods);
        more.add(podUid);
        return new PreparedClaim(namespace, name, uid, drivers, more, prepared, devices);
    }

    PreparedClaim withoutPod(String podUid) {
        var less = new HashSet<>(pods);
        less.remove(podUid);
        return new PreparedClaim(namespace, name, uid, drivers, less, prepared, devices);
    }

    /// With what a driver prepared instead of what it said before.
    PreparedClaim withDevices(String driver, List<Device> of) {
        var all = new ArrayList<>(devices.stream()
                .filter(device -> !device.driver().equals(driver))
                .toList());
        all.addAll(of);
        return new PreparedClaim(namespace, name, uid, drivers, pods, prepared, all);
    }

    PreparedClaim ready() {
        return new PreparedClaim(namespace, name, uid, drivers, pods, true, devices);
    }
}

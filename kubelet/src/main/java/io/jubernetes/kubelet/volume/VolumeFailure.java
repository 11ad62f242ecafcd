package io.jubernetes.kubelet.volume;

import java.io.Serial;

/// A volume could not be set up; it is tried again. The message may be shown in events.
public final class VolumeFailure extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    private final String step;
    private final String volume;

    VolumeFailure(String volume, String message) {
        this("SetUp", volume, message);
    }

    /// @param step what failed, as upstream's events name it: `SetUp`, `MountDevice`
    VolumeFailure(String step, String volume, String message) {
        super(message);
        this.step = step;
        this.volume = volume;
    }

    /// The volume's name in the pod.
    public String volume() {
        return volume;
    }

    @Override
    public String getMessage() {
        return "MountVolume." + step + " failed for volume \"" + volume + "\" : " + super.getMessage();
    }
}

package io.jubernetes.kubelet.volume;

import java.io.Serial;

/// A volume could not be set up; it is tried again. The message may be shown in events.
public final class VolumeFailure extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    private final String volume;

    VolumeFailure(String volume, String message) {
        super(message);
        this.volume = volume;
    }

    /// The volume's name in the pod.
    public String volume() {
        return volume;
    }

    @Override
    public String getMessage() {
        return "MountVolume.SetUp failed for volume \"" + volume + "\" : " + super.getMessage();
    }
}

package io.jubernetes.kubelet.csi;

import io.jubernetes.kubelet.rpc.Message;
import java.util.List;
import java.util.Map;

/// A volume as its driver knows it, and how it shall be used.
///
/// @param handle the driver's name for it
/// @param context what the driver said when it made the volume
/// @param publishContext what the driver said when it attached the volume
/// @param secrets for the call at hand
public record CsiVolume(
        String handle,
        Map<String, String> context,
        Map<String, String> publishContext,
        Map<String, String> secrets,
        Use use) {
    /// @param block whether it is seen as a device
    /// @param accessMode as in the API, such as `ReadWriteOnce`
    /// @param group who shall own the files, for drivers that see to that; empty for nobody
    public record Use(boolean block, String fsType, List<String> mountFlags, String accessMode, String group) {
        public Use {
            mountFlags = List.copyOf(mountFlags);
        }

        /// @param manyWriters whether the driver tells one writer of a node from several
        Message message(boolean manyWriters) {
            var message = new Message();
            if (block) {
                message.put(1, new Message());
            } else {
                message.put(
                        2, new Message().put(1, fsType).putAll(2, mountFlags).put(3, group));
            }
            return message.put(3, new Message().put(1, mode(manyWriters)));
        }

        private long mode(boolean manyWriters) {
            return switch (accessMode) {
                case "ReadOnlyMany" -> 3;
                case "ReadWriteMany" -> 5;
                case "ReadWriteOncePod" -> manyWriters ? 6 : 1;
                default -> manyWriters ? 7 : 1;
            };
        }
    }

    public CsiVolume {
        context = Map.copyOf(context);
        publishContext = Map.copyOf(publishContext);
        secrets = Map.copyOf(secrets);
    }

    /// With other secrets and more context.
    public CsiVolume with(Map<String, String> otherSecrets, Map<String, String> moreContext) {
        var all = new java.util.HashMap<>(context);
        all.putAll(moreContext);
        return new CsiVolume(handle, all, publishContext, otherSecrets, use);
    }

    @Override
    public String toString() {
        return "CsiVolume[" + handle + "]";
    }
}

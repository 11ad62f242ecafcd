/// Drives pods off nodes with NoExecute taints that they do not tolerate, or tolerate for a time only.
@NullMarked
package io.jubernetes.controllermanager.tainteviction;

import org.jspecify.annotations.NullMarked;

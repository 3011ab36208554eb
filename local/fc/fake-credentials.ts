/**
 * What FC would hand to a function with a role. They open nothing, and are easy to search for: a test
 * that finds one of these outside of an instance has found a leak.
 */
export const fakeCredentials = {
  accessKeyId: 'STS.LocalFcFakeAccessKeyId',
  accessKeySecret: 'LocalFcFakeAccessKeySecret',
  securityToken: 'LocalFcFakeSecurityToken',
};

export const fakeAccountId = '1234567890123456';
